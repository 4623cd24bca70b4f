// The key bindings, as a table that the page and its help share.
import type { Session } from './session.ts';

/** What a key can do: the session's methods, and actions of the whole page. */
export interface Actions {
  readonly session: Session | undefined;
  readonly focusSearch: () => void;
  readonly toggleHelp: () => void;
  readonly toggleTheme: () => void;
  readonly chooseFile: () => void;
}

/** Keys with the same effect. */
export interface KeyBinding {
  /** Values of KeyboardEvent.key. */
  readonly keys: readonly string[];
  /** The effect, for the help. */
  readonly description: string;
  readonly act: (actions: Actions) => void;
}

/** All key bindings, in the order of the help. */
export const keyBindings: readonly KeyBinding[] = [
  onSession(['ArrowLeft'], 'previous event', (session) => session.step(-1)),
  onSession(['ArrowRight'], 'next event', (session) => session.step(1)),
  onSession(['PageUp'], '20 events back', (session) => session.step(-1, 20)),
  onSession(['PageDown'], '20 events forward', (session) => session.step(1, 20)),
  onSession(['Home'], 'first event', (session) => session.seek(0)),
  onSession(['End'], 'last event', (session) => session.seek(Number.MAX_SAFE_INTEGER)),
  onSession(['['], 'previous step of the test', (session) => session.goToStep(-1)),
  onSession([']'], 'next step of the test', (session) => session.goToStep(1)),
  onSession(['f'], 'go to the failure', (session) => session.goToFailure()),
  onSession([' '], 'play or pause', (session) => session.togglePlaying()),
  onSession(['+', '='], 'zoom in', (session) => session.zoomBy(1 / 1.6)),
  onSession(['-'], 'zoom out', (session) => session.zoomBy(1.6)),
  onSession(['0'], 'show the whole run', (session) => session.showAll()),
  onSession(['a'], 'pan left', (session) => session.panBy(-0.25)),
  onSession(['d'], 'pan right', (session) => session.panBy(0.25)),
  { keys: ['/'], description: 'search', act: ({ focusSearch }) => focusSearch() },
  onSession(['n'], 'next match', (session) => session.goToMatch(1)),
  onSession(['N'], 'previous match', (session) => session.goToMatch(-1)),
  onSession(['x'], 'show everything', (session) => session.clearFilter()),
  { keys: ['t'], description: 'switch between light and dark', act: ({ toggleTheme }) => toggleTheme() },
  { keys: ['o'], description: 'open a trace file', act: ({ chooseFile }) => chooseFile() },
  { keys: ['?'], description: 'show or hide this help', act: ({ toggleHelp }) => toggleHelp() },
];

function onSession(
  keys: readonly string[],
  description: string,
  act: (session: Session) => void,
): KeyBinding {
  return {
    keys,
    description,
    act({ session }) {
      if (session !== undefined) act(session);
    },
  };
}

/** The binding of a key press. Undefined when the key belongs to a text field or a button, or has no binding. */
export function bindingFor(event: KeyboardEvent): KeyBinding | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const { target } = event;
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return undefined;
  if (event.key === ' ' && target instanceof HTMLButtonElement) return undefined;
  return keyBindings.find(({ keys }) => keys.includes(event.key));
}
