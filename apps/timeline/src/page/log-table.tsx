// The logs of all servers at the cursor as a table. A column is an index, so that differences between logs are visible.
import type { LogIndex } from '@raftlab/protocol';
import type { JSX, RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { lastIndexOf, termAt } from '../model/log-terms.ts';
import type { ServerState } from '../model/server-state.ts';
import { hueOf } from './palette.ts';
import type { Session } from './session.ts';

/** As in the style sheet. */
const cellWidthPx = 30;
const serverWidthPx = 64;

/** The last entries of all logs that fit into the width, or earlier ones. */
export function LogTable({
  session,
  states,
}: {
  session: Session;
  states: readonly ServerState[];
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const columns = useColumnCount(box);
  const longest = Math.max(
    ...states.map(({ log, lastIncludedIndex }) => Math.max(lastIndexOf(log ?? []), lastIncludedIndex)),
  );
  const backMax = Math.max(0, longest - columns);
  const back = Math.min(session.logsBack, backMax);
  const first = Math.max(1, longest - columns + 1 - back);
  const indexes = Array.from({ length: Math.min(columns, longest) }, (_, n) => first + n);
  return (
    <div class="logs" ref={box}>
      <div class="logs-head">
        <h2 id="logs-title">Logs</h2>
        <EntryKey />
        {backMax === 0 ? null : (
          <span class="buttons">
            <button type="button" disabled={back === backMax} onClick={() => session.scrollLogs(columns - 2)}>
              Earlier
            </button>
            <button type="button" disabled={back === 0} onClick={() => session.scrollLogs(-(columns - 2))}>
              Later
            </button>
          </span>
        )}
      </div>
      {longest === 0 ? <NoEntries states={states} /> : <Entries indexes={indexes} states={states} />}
    </div>
  );
}

/** The number of entries that fit into the width of the box. */
function useColumnCount(box: RefObject<HTMLDivElement | null>): number {
  const [columns, setColumns] = useState(10);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      setColumns(Math.max(4, Math.floor((element.clientWidth - serverWidthPx) / cellWidthPx)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return columns;
}

/** Explains the styles of entries. */
function EntryKey(): JSX.Element {
  return (
    <p class="key">
      <span class="entry is-committed is-applied">3</span> applied <span class="entry is-committed">3</span>{' '}
      committed <span class="entry">3</span> not committed; the number is the term
    </p>
  );
}

function NoEntries({ states }: { states: readonly ServerState[] }): JSX.Element {
  return (
    <p class="nothing">
      {states.some(({ log }) => log !== undefined) ? 'No entries.' : 'No log was recorded before the cursor.'}
    </p>
  );
}

/** The table, with a row per server and a column per index. */
function Entries({
  indexes,
  states,
}: {
  indexes: readonly LogIndex[];
  states: readonly ServerState[];
}): JSX.Element {
  return (
    <table class="log-table" aria-labelledby="logs-title">
      <thead>
        <tr>
          <th scope="col">index</th>
          {indexes.map((index) => (
            <th key={index} scope="col">
              {index}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {states.map((state, server) => (
          <tr key={server} class={state.life === 'up' ? '' : 'is-away'}>
            <th scope="row">server {server}</th>
            {indexes.map((index) => (
              <Entry key={index} index={index} state={state} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Entry({ index, state }: { index: LogIndex; state: ServerState }): JSX.Element {
  const { log, lastIncludedIndex, lastIncludedTerm, commitIndex = 0, lastApplied = 0 } = state;
  if (index <= lastIncludedIndex) {
    const isPoint = index === lastIncludedIndex;
    return (
      <td
        class={isPoint ? 'compacted is-point' : 'compacted'}
        title={`in the snapshot up to ${lastIncludedIndex}`}
      >
        {isPoint ? `≤${lastIncludedTerm ?? ''}` : '·'}
      </td>
    );
  }
  const term = termAt(log ?? [], index);
  if (term === undefined) return <td aria-label="no entry" />;
  const status = index <= lastApplied ? 'applied' : index <= commitIndex ? 'committed' : 'not committed';
  const classes = `entry${index <= commitIndex ? ' is-committed' : ''}${index <= lastApplied ? ' is-applied' : ''}`;
  return (
    <td title={`index ${index}, term ${term}, ${status}`}>
      <span class={classes} style={{ '--hue': hueOf(term) }}>
        {term}
        <span class="unseen"> {status}</span>
      </span>
    </td>
  );
}
