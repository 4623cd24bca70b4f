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
              {life === 'stalled' || !isConnected ? (
                <span class="lane-warning">{isConnected ? 'stalled' : 'disconnected'}</span>
              ) : null}
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
