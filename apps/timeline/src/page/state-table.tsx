// The state of every server at the cursor, as a table.
import type { JSX } from 'preact';
import { lastIndexOf } from '../model/log-terms.ts';
import type { ServerState } from '../model/server-state.ts';
import { TermMark } from './term-mark.tsx';

/** One row per server. */
export function StateTable({ states }: { states: readonly ServerState[] }): JSX.Element {
  const hasState = states.some(({ term }) => term !== undefined);
  const isInferred = states.some(({ asOf }) => asOf !== undefined);
  return (
    <table class="state-table">
      <caption>State at the cursor</caption>
      <thead>
        <tr>
          <th scope="col">server</th>
          <th scope="col">role</th>
          <th scope="col">term</th>
          <th scope="col">votedFor</th>
          <th scope="col">last index</th>
          <th scope="col">commitIndex</th>
          <th scope="col">lastApplied</th>
          <th scope="col">snapshot</th>
          <th scope="col">follower: nextIndex, matchIndex</th>
        </tr>
      </thead>
      <tbody>
        {states.map((state, server) => (
          <StateRow key={server} server={server} state={state} />
        ))}
      </tbody>
      {hasState && !isInferred ? null : (
        <tfoot>
          <tr>
            <td colSpan={9}>
              {isInferred
                ? 'This Raft does not report its state: role, term and vote are what its messages prove, or what the test was told.'
                : 'No state was recorded before the cursor; starts, crashes and messages are known.'}
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function StateRow({ server, state }: { server: number; state: ServerState }): JSX.Element {
  const { life, role, term, votedFor, commitIndex, lastApplied, log, progress } = state;
  const { lastIncludedIndex, lastIncludedTerm } = state;
  const lastIndex = log === undefined ? '–' : Math.max(lastIndexOf(log), lastIncludedIndex);
  return (
    <tr class={life === 'up' ? '' : 'is-away'}>
      <th scope="row">{server}</th>
      <td>{describeRole(state)}</td>
      <td class="number">{term === undefined ? '–' : <TermMark term={term} />}</td>
      <td class="number">{votedFor ?? '–'}</td>
      <td class="number">{lastIndex}</td>
      <td class="number">{commitIndex ?? '–'}</td>
      <td class="number">{lastApplied ?? '–'}</td>
      <td class="number">
        {lastIncludedIndex === 0 ? '–' : lastIncludedIndex}
        {lastIncludedIndex === 0 || lastIncludedTerm === undefined ? null : (
          <TermMark term={lastIncludedTerm} />
        )}
      </td>
      <td class="followers">
        {role !== 'leader' || life === 'down'
          ? null
          : progress.map(({ server: follower, nextIndex, matchIndex }) => (
              <span
                key={follower}
                title={`server ${follower}: nextIndex ${nextIndex}, matchIndex ${matchIndex}`}
              >
                <b>{follower}:</b> {nextIndex}, {matchIndex}
              </span>
            ))}
      </td>
    </tr>
  );
}

/** `1,950`. */
const wholeMs = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

function describeRole({ life, role, isConnected, cutTo, asOf }: ServerState): string {
  const isThere = life === 'up' || life === 'stalled';
  const words = [isThere ? (role ?? 'up') : life];
  if (isThere && role !== undefined && asOf !== undefined) words[0] += ` (as of ${wholeMs.format(asOf)} ms)`;
  if (life === 'stalled') words.push('stalled');
  if (!isConnected) words.push('disconnected');
  if (cutTo.length > 0) words.push(`cut to ${cutTo.join(', ')}`);
  return words.join(', ');
}
