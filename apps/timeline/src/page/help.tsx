// What the keys do and what the signs mean.
import type { JSX, RefObject } from 'preact';
import { keyBindings } from './keys.ts';

const keyNames: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  PageUp: 'Page up',
  PageDown: 'Page down',
  ' ': 'Space',
};

const signs: ReadonlyArray<readonly [string, string]> = [
  ['thin line', 'follower; its colour is its term, the same as in the logs'],
  ['dashed band', 'candidate'],
  ['thick band', 'leader, with its term'],
  ['dots only', 'not running: ✕ it crashed, ○ it started'],
  ['slanted strokes', 'its event loop stalls'],
  ['red frame', 'disconnected, or links cut'],
  ['solid arrow', 'a request, from where and when it left to where and when it arrived'],
  ['dashed arrow', 'a reply'],
  ['faint arrow', 'a reply, or an AppendEntries without entries'],
  ['arrow that ends in a cross', 'lost'],
  ['arrow without a head', 'still on its way when the run ended'],
  ['triangle above a lane', 'a command is offered; filled: the server took it as leader'],
  ['stroke below a lane', 'a command is applied; with a box: a snapshot'],
  ['dot below a lane', 'a line of the implementation’s own log'],
];

export function Help({ help }: { help: RefObject<HTMLDialogElement | null> }): JSX.Element {
  return (
    <dialog ref={help} aria-labelledby="help-title">
      <h2 id="help-title">Keys and signs</h2>
      <div class="help-columns">
        <dl>
          {keyBindings.map(({ keys, says }) => (
            <div key={says}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{keyNames[key] ?? key}</kbd>
                ))}
              </dt>
              <dd>{says}</dd>
            </div>
          ))}
        </dl>
        <dl class="signs">
          {signs.map(([sign, meaning]) => (
            <div key={sign}>
              <dt>{sign}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </div>
      <p>
        Wheel: zoom at the pointer; with shift: look left and right. Drag a lane: look left and right. Click
        or drag along the top: move the cursor. Click an arrow: the event at its nearer end. The address of
        this page says where you are: it can be kept or passed on.
      </p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
