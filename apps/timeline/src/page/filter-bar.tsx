// The filter and the search. The switches for messages are also the legend of the chart.
import type { JSX, RefObject } from 'preact';
import { showAll } from '../model/filter.ts';
import { offsetOf } from '../model/search-sorted.ts';
import { messageColour } from './palette.ts';
import type { Session } from './session.ts';

interface Properties {
  readonly session: Session;
  readonly searchField: RefObject<HTMLInputElement | null>;
}

/** Switches for servers and kinds, the terms field, and the search field. */
export function FilterBar({ session, searchField }: Properties): JSX.Element {
  const { run, filter } = session;
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(showAll);
  return (
    <section class="filters" aria-label="Filter and search">
      <fieldset>
        <legend>Servers</legend>
        {run.lanes.map((_, server) => (
          <Switch
            key={server}
            isOn={!filter.hiddenServers.includes(server)}
            onToggle={() => session.toggleServer(server)}
          >
            {server}
          </Switch>
        ))}
      </fieldset>
      <fieldset>
        <legend>Show</legend>
        {run.kinds
          .filter(({ name }) => name !== 'test')
          .toSorted((a, b) => Number(b.isMessage) - Number(a.isMessage))
          .map(({ name, isMessage }) => (
            <Switch
              key={name}
              isOn={!filter.hiddenKinds.includes(name)}
              onToggle={() => session.toggleKind(name)}
            >
              {isMessage ? (
                <i class="swatch" style={{ '--colour': `var(--message-${messageColour(name) + 1})` }} />
              ) : null}
              {name}
            </Switch>
          ))}
      </fieldset>
      <label class="field">
        Terms
        <input
          type="text"
          class="terms"
          placeholder="all"
          title="5 or 3-7"
          value={session.termsText}
          aria-invalid={session.termsProblem !== undefined}
          onInput={(event) => session.setTerms(event.currentTarget.value)}
        />
      </label>
      {session.termsProblem === undefined ? null : (
        <p class="problem" role="alert">
          {session.termsProblem}
        </p>
      )}
      {isFiltered ? (
        <button type="button" onClick={() => session.clearFilter()}>
          Show everything
        </button>
      ) : null}
      <SearchField session={session} searchField={searchField} />
    </section>
  );
}

interface SwitchProperties {
  readonly isOn: boolean;
  readonly onToggle: () => void;
  readonly children: JSX.Element | string | number | Array<JSX.Element | string | null>;
}

function Switch({ isOn, onToggle, children }: SwitchProperties): JSX.Element {
  return (
    <button type="button" class="switch" aria-pressed={isOn} onClick={onToggle}>
      {children}
    </button>
  );
}

function SearchField({ session, searchField }: Properties): JSX.Element {
  const { search, cursor } = session;
  const { matches, isDone, query } = search;
  const place = offsetOf(matches, cursor);
  const count = `${place === -1 ? '' : `${place + 1} of `}${matches.length}${isDone ? '' : ' so far'}`;
  return (
    <search class="field">
      <label>
        Find
        <input
          type="search"
          ref={searchField}
          value={query}
          placeholder="words or term=3"
          onInput={(event) => session.find(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') session.goToMatch(event.shiftKey ? -1 : 1);
          }}
        />
      </label>
      <output class="matches" aria-live="polite">
        {query === '' ? '' : count}
      </output>
      <button
        type="button"
        disabled={matches.length === 0}
        aria-label="Previous match"
        onClick={() => session.goToMatch(-1)}
      >
        ‹
      </button>
      <button
        type="button"
        disabled={matches.length === 0}
        aria-label="Next match"
        onClick={() => session.goToMatch(1)}
      >
        ›
      </button>
    </search>
  );
}
