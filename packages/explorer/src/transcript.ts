// A path through the states as text: one line for each action, followed by the servers' states.
import { formatMessage, formatLog } from '@raftlab/scenario';
import type { ClusterAction, ClusterSpace } from './cluster-space.ts';

/** Takes the successors with these ordinals, one after the other, and describes each step. */
export function transcribe(
  space: ClusterSpace,
  ordinals: readonly number[],
): { lines: string[]; last: Int32Array } {
  const lines: string[] = [];
  let last = space.first();
  for (const ordinal of ordinals) {
    let place = 0;
    const before = last;
    space.expand(before, (state, action) => {
      if (place === ordinal) {
        last = state.slice();
        const lost = describeLost(space, before, { action, after: last });
        lines.push(
          `${lines.length + 1}. ${describeAction(space, action)}${lost}  ${describeServers(space, last)}`,
        );
      }
      place += 1;
    });
  }
  return { lines, last };
}

export function describeAction(space: ClusterSpace, { actor, name, message }: ClusterAction): string {
  if (message === undefined) return `server ${actor}: ${name}`;
  const { from, message: content } = space.servers.messages.at(message);
  const repeated = name === 'receive' ? '' : ' (and will again)';
  return `server ${actor} receives from ${from}: ${formatMessage(content)}${repeated}`;
}

function describeLost(
  space: ClusterSpace,
  before: Int32Array,
  { action, after }: { action: ClusterAction; after: Int32Array },
): string {
  const remaining = new Set(space.messagesOf(after));
  const there = new Set([...space.messagesOf(before), ...action.transition.sent]);
  if (action.name === 'receive') {
    // Unless the same message was sent again, it is missing because it arrived.
    const isSentAgain = action.message !== undefined && action.transition.sent.includes(action.message);
    if (action.message !== undefined && !isSentAgain) there.delete(action.message);
  }
  const lost = [...there].filter((message) => !remaining.has(message));
  if (lost.length === 0) return '';
  const texts = lost.map((id) => {
    const { from, to, message } = space.servers.messages.at(id);
    return `${from} to ${to} ${formatMessage(message)}`;
  });
  return ` (lost: ${texts.join('; ')})`;
}

/** e.g. `| 0 leader, term 1, vote 0, log 1, commit 0 | 1 follower, ...`. */
function describeServers(space: ClusterSpace, state: Int32Array): string {
  const texts = space.membership.members.map((server) => {
    const { standing, currentTerm, votedFor, log, commitIndex } = space.servers.servers.at(state[server] ?? 0)
      .core.state;
    const vote = votedFor ?? 'none';
    return `| ${server} ${standing.role}, term ${currentTerm}, vote ${vote}, log ${formatLog(log)}, commit ${commitIndex}`;
  });
  return texts.join(' ');
}
