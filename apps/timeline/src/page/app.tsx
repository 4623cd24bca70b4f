// The root component: the title bar, messages, and the viewer of the open trace.
import type { JSX, RefObject } from 'preact';
import { describeEvent } from '../model/describe.ts';
import { Chart } from './chart.tsx';
import { EventDetails, EventList } from './event-panel.tsx';
import { FilterBar } from './filter-bar.tsx';
import { Help } from './help.tsx';
import { LogTable } from './log-table.tsx';
import { Overview } from './overview.tsx';
import { Player } from './player.tsx';
import type { Session } from './session.ts';
import { StateTable } from './state-table.tsx';
import { TitleBar, type TitleBarProperties } from './title-bar.tsx';

/** What the page shows. */
export interface AppProperties extends TitleBarProperties {
  /** How much of a trace has been read, while one is being read. */
  readonly progress: string | undefined;
  /** Why a trace cannot be shown. */
  readonly problem: string | undefined;
  readonly searchField: RefObject<HTMLInputElement | null>;
  readonly help: RefObject<HTMLDialogElement | null>;
}

/** The whole page. Without a session it asks for a trace. */
export function App(properties: AppProperties): JSX.Element {
  const { session, progress, problem, theme, searchField, help } = properties;
  return (
    <>
      <TitleBar {...properties} />
      {problem === undefined ? null : (
        <p class="banner is-problem" role="alert">
          {problem}
        </p>
      )}
      {progress === undefined ? null : <output class="banner">{progress}</output>}
      {session === undefined ? null : <Viewer {...{ session, theme, searchField }} />}
      {session === undefined && progress === undefined && problem === undefined ? (
        <main class="empty">
          <p>No trace is open. Open a trace file or drop one here.</p>
        </main>
      ) : null}
      <Help help={help} />
    </>
  );
}

function Viewer({
  session,
  theme,
  searchField,
}: Pick<AppProperties, 'theme' | 'searchField'> & { session: Session }): JSX.Element {
  const states = session.states();
  const { run, cursor, isPlaying } = session;
  return (
    <main>
      <FailureBanner session={session} />
      {session.notice === undefined ? null : (
        <output class="banner">
          {session.notice}
          <button type="button" onClick={() => session.dismissNotice()}>
            Dismiss
          </button>
        </output>
      )}
      <FilterBar session={session} searchField={searchField} />
      <Overview session={session} theme={theme} />
      <Chart session={session} theme={theme} />
      <Player session={session} />
      <div class="panels">
        <section class="states" aria-label="Servers at the cursor">
          <StateTable states={states} />
          <LogTable session={session} states={states} />
        </section>
        <section class="events" aria-label="Events">
          <EventDetails session={session} />
          <EventList session={session} />
        </section>
      </div>
      <output class="unseen" aria-live="polite">
        {isPlaying
          ? 'Playing'
          : `${(run.times[cursor] ?? 0).toFixed(2)} milliseconds: ${describeEvent(run, cursor)}`}
      </output>
    </main>
  );
}

function FailureBanner({ session }: { session: Session }): JSX.Element | null {
  const { run } = session;
  const offset = run.failures[0];
  const failure = offset === undefined ? undefined : run.events[offset];
  if (failure?.kind !== 'failure') return null;
  return (
    <section class="banner is-failure" aria-label="Failure">
      <b>
        ✕ {failure.name}
        {failure.server === undefined ? '' : `, at server ${failure.server}`}
      </b>
      <span>{failure.message}</span>
      <button type="button" onClick={() => session.goToFailure()}>
        Show at {failure.at.toFixed(2)} ms
      </button>
    </section>
  );
}
