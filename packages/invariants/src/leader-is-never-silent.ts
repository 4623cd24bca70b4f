// A follower that does not hear its leader for an election timeout deposes it, however much the leader has to send.
import { isRequest, type ServerId } from '@raftlab/protocol';
import { Violation, type Invariant } from './invariant.ts';

/** What the check must know of the servers. */
export interface LeaderSilenceOptions {
  readonly heartbeatIntervalMs: number;
  /** By how much a heartbeat may be late, in ms: as long as a turn of the event loop takes. */
  readonly slackMs: number;
  /** How long the present life of a server has been running, in ms, without the times for which it was held up. */
  readonly activeMs: (server: ServerId) => number;
}

/** Not among `allInvariants`: it needs the time. */
export function leaderIsNeverSilent({
  heartbeatIntervalMs,
  slackMs,
  activeMs,
}: LeaderSilenceOptions): Invariant {
  /** By leader and follower: when the leader last sent something. */
  const spokeAt = new Map<ServerId, Map<ServerId, number>>();
  return {
    name: 'A leader is never silent',
    statement: 'A leader that is not held up sends each follower something in every heartbeat interval.',
    source: 'Raft paper, §5.2; Figure 2, Leaders 1',
    onStart: (server) => void spokeAt.delete(server),
    onStep({ server, state, outputs }) {
      if (state.standing.role !== 'leader') {
        spokeAt.delete(server);
        return;
      }
      const now = activeMs(server);
      const known = spokeAt.get(server);
      if (known === undefined || outputs.roleChange !== undefined) {
        spokeAt.set(server, new Map(state.membership.others(server).map((follower) => [follower, now])));
        return;
      }
      const least = now - heartbeatIntervalMs - slackMs;
      for (const [follower, at] of known)
        if (at < least)
          throw new Violation(
            `leader ${server} of term ${state.currentTerm} has sent server ${follower} nothing for ${now - at} ms`,
          );
    },
    onSend(server, { to, message }) {
      if (isRequest(message)) spokeAt.get(server)?.set(to, activeMs(server));
    },
  };
}
