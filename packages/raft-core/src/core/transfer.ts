// Leadership transfer (thesis 3.10): the leader takes no further proposals, brings one follower up to date, and asks it to begin an
// election at once. If that server leads no later term within an election timeout, the leader goes on.
import type { ServerId, TimeoutNowArgs, TimeoutNowReply } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { becomeFollower, isVoter, startElection } from './election.ts';
import { followLeader } from './replication.ts';
import type { Leader, RaftState } from './state.ts';
import { reply, type Turn } from './turn.ts';

/** The service wants another server to lead: `to`, or the voter whose log is the longest here. */
export function onTransfer(turn: Turn, to: ServerId | undefined): void {
  const { state, now, config } = turn;
  const { standing, membership } = state;
  assert(to !== state.me, 'a leader does not hand over to itself');
  assert(to === undefined || membership.voters.has(to), () => `server ${to} is no voter, and cannot lead`);
  if (standing.role !== 'leader') {
    turn.transferEnded = 'not-leader';
    return;
  }
  assert(standing.transfer === undefined, 'one transfer at a time');
  const target = to ?? mostUpToDate(state, standing);
  assert(target !== state.me, 'a leader does not hand over to itself');
  assert(turn.transferEnded === undefined, 'a step ends one transfer');
  if (target === undefined) turn.transferEnded = 'no-target';
  else standing.transfer = { to: target, endsAt: now + config.electionTimeoutMaxMs, askAt: -Infinity };
}

function mostUpToDate({ me, membership }: RaftState, { progress }: Leader): ServerId | undefined {
  const others = membership.others(me).filter((server) => membership.voters.has(server));
  const heardAt = (voter: ServerId): number => progress.get(voter)?.lastHeardAt ?? -Infinity;
  const matchOf = (voter: ServerId): number => progress.get(voter)?.matchIndex ?? 0;
  // Among equals the one that was heard last: it is the likeliest to be there.
  const [best] = others.toSorted((a, b) => matchOf(b) - matchOf(a) || heardAt(b) - heardAt(a));
  return best;
}

/** At the end of a turn: asks the target once its log is the leader's, and again a heartbeat later; or gives up. */
export function continueTransfer(turn: Turn, leader: Leader): void {
  const { state, now, config } = turn;
  const { transfer } = leader;
  if (transfer === undefined) return;
  assert(
    state.membership.voters.has(transfer.to),
    () => `server ${transfer.to} is no voter, and cannot lead`,
  );
  assert(state.standing === leader, 'only the present leader hands over');
  if (now >= transfer.endsAt) {
    leader.transfer = undefined;
    turn.transferEnded = 'gave-up';
    return;
  }
  if (now < nextTransferAt(state, leader)) return;
  assert(
    leader.progress.get(transfer.to)?.matchIndex === state.log.lastIndex,
    'the target has the whole log',
  );
  transfer.askAt = now + config.heartbeatIntervalMs;
  leader.hasAskedToTakeOver = true;
  const args: TimeoutNowArgs = { term: state.currentTerm, leaderId: state.me };
  turn.send.push({ to: transfer.to, message: { kind: 'timeoutNow', args }, ticket: 0, isUrgent: true });
}

/** When the target is asked next, or the transfer given up: -Infinity as soon as the target is up to date. */
export function nextTransferAt({ log }: RaftState, { transfer, progress }: Leader): number {
  if (transfer === undefined) return Infinity;
  assert(transfer.endsAt > -Infinity, 'a transfer ends');
  const isUpToDate = progress.get(transfer.to)?.matchIndex === log.lastIndex;
  return isUpToDate ? Math.min(transfer.askAt, transfer.endsAt) : transfer.endsAt;
}

/** The leader asks this server to take over: it begins an election without waiting and without pre-votes. */
export function onTimeoutNow(turn: Turn, from: ServerId, args: TimeoutNowArgs): void {
  const { state } = turn;
  assert(args.leaderId === from, () => `server ${from} hands over the office of ${args.leaderId}`);
  const isCurrent = followLeader(turn, args);
  if (isCurrent && isVoter(state)) startElection(turn, { isTransfer: true });
  reply(turn, from, { kind: 'timeoutNowReply', reply: { term: state.currentTerm } });
}

/** The target is in a later term, or was when it refused. */
export function onTimeoutNowReply(turn: Turn, { term }: TimeoutNowReply): void {
  assert(term >= 0, () => `a reply in term ${term}`);
  if (term > turn.state.currentTerm) becomeFollower(turn, term);
}

/** After each step, with what the server was before: a leader that leads no more has ended its transfer. */
export function endTransferOfFormerLeader(turn: Turn, before: RaftState['standing']): void {
  if (before.role !== 'leader' || before.transfer === undefined || turn.state.standing === before) return;
  assert(turn.transferEnded === undefined, 'a step ends one transfer');
  turn.transferEnded = 'stepped-down';
}
