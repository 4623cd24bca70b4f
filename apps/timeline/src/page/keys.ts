// What the keyboard does: the one table that both the page and its help read.
import type { Session } from './session.ts';

export interface Actions {
  readonly session: Session | undefined;
  readonly focusSearch: () => void;
  readonly toggleHelp: () => void;
  readonly toggleTheme: () => void;
  readonly chooseFile: () => void;
}

export interface KeyBinding {
  /** As in KeyboardEvent.key. */
  readonly keys: readonly string[];
  readonly says: string;
  readonly act: (actions: Actions) => void;
}

export const keyBindings: readonly KeyBinding[] = [
  onSession(['ArrowLeft'], 'previous event', (session) => session.step(-1)),
  onSession(['ArrowRight'], 'next event', (session) => session.step(1)),
  onSession(['PageUp'], '20 events back', (session) => session.step(-1, 20)),
  onSession(['PageDown'], '20 events on', (session) => session.step(1, 20)),
  onSession(['Home'], 'first event', (session) => session.seek(0)),
  onSession(['End'], 'last event', (session) => session.seek(Number.MAX_SAFE_INTEGER)),
  onSession(['['], 'previous step of the test', (session) => session.goToStep(-1)),
  onSession([']'], 'next step of the test', (session) => session.goToStep(1)),
  onSession(['f'], 'the failure', (session) => session.goToFailure()),
  onSession([' '], 'play, pause', (session) => session.togglePlaying()),
  onSession(['+', '='], 'zoom in', (session) => session.zoomBy(1 / 1.6)),
  onSession(['-'], 'zoom out', (session) => session.zoomBy(1.6)),
  onSession(['0'], 'the whole run', (session) => session.showAll()),
  onSession(['a'], 'look left', (session) => session.panBy(-0.25)),
  onSession(['d'], 'look right', (session) => session.panBy(0.25)),
  { keys: ['/'], says: 'find', act: ({ focusSearch }) => focusSearch() },
  onSession(['n'], 'next match', (session) => session.goToMatch(1)),
  onSession(['N'], 'previous match', (session) => session.goToMatch(-1)),
  onSession(['x'], 'show everything', (session) => session.clearFilter()),
  { keys: ['t'], says: 'light, dark', act: ({ toggleTheme }) => toggleTheme() },
  { keys: ['o'], says: 'open a trace', act: ({ chooseFile }) => chooseFile() },
  { keys: ['?'], says: 'this help', act: ({ toggleHelp }) => toggleHelp() },
];

function onSession(keys: readonly string[], says: string, act: (session: Session) => void): KeyBinding {
  return {
    keys,
    says,
    act({ session }) {
      if (session !== undefined) act(session);
    },
  };
}

/** What a key press means, unless it is text for a field, or a button's own. */
export function bindingFor(event: KeyboardEvent): KeyBinding | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const { target } = event;
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return undefined;
  if (event.key === ' ' && target instanceof HTMLButtonElement) return undefined;
  return keyBindings.find(({ keys }) => keys.includes(event.key));
}
