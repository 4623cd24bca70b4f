// The names of the lanes, each with what its server is at the cursor.
import type { JSX } from 'preact';
import { headHeight } from './geometry.ts';
import type { Session } from './session.ts';
import { TermMark } from './term-mark.tsx';

export function LaneLabels({ session }: { session: Session }): JSX.Element {
  return (
    <ol class="lane-labels" style={{ paddingTop: `${headHeight}px` }} aria-label="Servers at the cursor">
      {session.states().map(({ life, role, term, isConnected }, server) => (
        <li key={server} class={session.filter.hiddenServers.includes(server) ? 'is-hidden' : ''}>
          <span class="lane-name">
            Server {server}
            {life === 'stalled' || !isConnected ? (
              <span class="lane-trouble">{isConnected ? 'stalled' : 'disconnected'}</span>
            ) : null}
          </span>
          <span class="lane-role">
            {life === 'up' || life === 'stalled' ? (role ?? 'up') : life}
            {term === undefined ? null : <TermMark term={term} />}
          </span>
        </li>
      ))}
    </ol>
  );
}
