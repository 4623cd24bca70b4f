// The help: the keys and the signs of the chart.
import type { JSX, RefObject } from 'preact';
import { keyBindings } from './keys.ts';

const keyNames: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  PageUp: 'Page up',
  PageDown: 'Page down',
  ' ': 'Space',
};

/** Each sign of the chart with its meaning. */
const signs: ReadonlyArray<readonly [string, string]> = [
  ['thin line', 'follower; its colour is its term, the same as in the logs'],
  ['dashed band', 'candidate'],
  ['thick band', 'leader, with its term'],
  ['dots only', 'not running; ✕ is a crash, ○ a start'],
  ['slanted strokes', 'the event loop of the server is stalled'],
  ['red frame', 'disconnected, or some links are cut'],
  ['⊘ or ‖ in a label', 'in low lanes: disconnected, stalled'],
  ['solid arrow', 'a request, from its sending to its arrival'],
  ['dashed arrow', 'a reply'],
  ['faint arrow', 'a reply, or an AppendEntries without entries'],
  ['arrow that ends in a cross', 'lost'],
  ['arrow without a head', 'in flight when the run ended'],
  ['triangle above a lane', 'a command is proposed; filled: the server accepted it as leader'],
  ['stroke below a lane', 'an entry is applied; with a box: a snapshot'],
  ['dot below a lane', 'a line that the implementation logged'],
];

/** The help dialog. */
export function Help({ help }: { help: RefObject<HTMLDialogElement | null> }): JSX.Element {
  return (
    <dialog ref={help} aria-labelledby="help-title">
      <h2 id="help-title">Keys and signs</h2>
      <div class="help-columns">
        <dl>
          {keyBindings.map(({ keys, description }) => (
            <div key={description}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{keyNames[key] ?? key}</kbd>
                ))}
              </dt>
              <dd>{description}</dd>
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
        Wheel: zoom at the pointer; with shift: pan. Drag a lane: pan. Click or drag along the top: move the
        cursor. Click an arrow: go to the event at its nearer end. The address of this page contains the
        position and the filter: copy it to share them.
      </p>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
