// The labels of the lanes: each server with its role and term at the cursor.
import type { JSX } from 'preact';
import { headHeightPx } from './geometry.ts';
import type { Session } from './session.ts';
import { TermMark } from './term-mark.tsx';

/** One label per lane, beside the chart. */
export function LaneLabels({
  session,
  operationsHeight,
}: {
  session: Session;
  operationsHeight: number;
}): JSX.Element {
  return (
    <ol
      class="lane-labels"
      style={{ paddingTop: `${headHeightPx}px`, paddingBottom: `${operationsHeight}px` }}
      aria-label="Servers at the cursor"
    >
      {session.states().map(({ life, role, term, isConnected }, server) => (
        <li key={server} class={session.filter.hiddenServers.includes(server) ? 'is-hidden' : ''}>
          <div class="lane-label">
            <span class="lane-name">
              Server {server}
              {life === 'stalled' || !isConnected ? <LaneWarning isConnected={isConnected} /> : null}
            </span>
            <span class="lane-role">
              {life === 'up' || life === 'stalled' ? (role ?? 'up') : life}
              {term === undefined ? null : <TermMark term={term} />}
            </span>
          </div>
        </li>
      ))}
    </ol>
  );
}

/** The words, or in a low lane only the sign. */
function LaneWarning({ isConnected }: { isConnected: boolean }): JSX.Element {
  const [words, sign] = isConnected ? ['stalled', '‖'] : ['disconnected', '⊘'];
  return (
    <span class="lane-warning" title={words}>
      <span class="words">{words}</span>
      <span class="sign" aria-hidden="true">
        {sign}
      </span>
    </span>
  );
}
