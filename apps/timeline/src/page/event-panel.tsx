// The event under the cursor with all its fields, and a table of the events around it.
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { fieldsOf, describeEvent } from '../model/describe.ts';
import { offsetOf } from '../model/search-sorted.ts';
import { neighbour } from '../model/seek.ts';
import type { Session } from './session.ts';

/** How many events are listed before the cursor, and after it. */
const listedPerSide = 30;

/** The event under the cursor, with links to the sending and the end of its message. */
export function EventDetails({ session }: { session: Session }): JSX.Element {
  const { run, cursor } = session;
  const message = run.messageOf[cursor] ?? -1;
  const ends: Array<[string, number]> = [
    ['the sending', run.messages.sendOffset[message] ?? -1],
    [run.messages.isLost[message] === 1 ? 'the loss' : 'the arrival', run.messages.endOffset[message] ?? -1],
  ];
  return (
    <section class="details" aria-label="Event under the cursor">
      <h2>{describeEvent(run, cursor)}</h2>
      <dl>
        {fieldsOf(run, cursor).map(({ name, value }, n) => (
          <div key={n}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="buttons">
        {ends
          .filter(([, offset]) => message !== -1 && offset !== -1 && offset !== cursor)
          .map(([words, offset]) => (
            <button key={words} type="button" onClick={() => session.seek(offset)}>
              Go to {words}
            </button>
          ))}
      </p>
    </section>
  );
}

/** The events around the cursor. */
export function EventList({ session }: { session: Session }): JSX.Element {
  const { run, cursor, search } = session;
  const box = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const current = box.current?.querySelector('[aria-current]');
    if (!(current instanceof HTMLElement) || box.current === null) return;
    box.current.scrollTop = current.offsetTop - box.current.clientHeight / 2;
  }, [cursor, session.passes]);
  return (
    <section class="event-list" ref={box} tabIndex={0} aria-label="Events around the cursor">
      <table>
        <thead>
          <tr>
            <th scope="col">ms</th>
            <th scope="col">event</th>
          </tr>
        </thead>
        <tbody>
          {offsetsAround(session).map((offset) => (
            <tr
              key={offset}
              aria-current={offset === cursor ? 'true' : undefined}
              class={`${offsetOf(search.matches, offset) !== -1 ? 'is-match' : ''} ${offsetOf(run.failures, offset) !== -1 ? 'is-failure' : ''}`}
              onClick={() => session.seek(offset)}
            >
              <td class="number">{(run.times[offset] ?? 0).toFixed(2)}</td>
              <td>{describeEvent(run, offset)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The offsets to list. The event under the cursor is listed even if the filter hides it. */
function offsetsAround({ run, cursor, passes }: Session): number[] {
  const walk = (direction: 1 | -1): number[] => {
    const found: number[] = [];
    let offset: number | undefined = cursor;
    while (found.length < listedPerSide) {
      offset = neighbour(run, { offset, direction }, passes);
      if (offset === undefined) break;
      found.push(offset);
    }
    return found;
  };
  return run.events.length === 0 ? [] : [...walk(-1).toReversed(), cursor, ...walk(1)];
}
