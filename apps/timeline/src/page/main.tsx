// Starts the page: loads the trace, keeps what is shown up to date, and listens to the keyboard.
import { createRef, render } from 'preact';
import type { Theme } from '../model/address.ts';
import type { Run } from '../model/run.ts';
import { App } from './app.tsx';
import { bindingFor, type Actions } from './keys.ts';
import { loadEmbedded, loadFile, type Report } from './load.ts';
import { Session } from './session.ts';

const searchField = createRef<HTMLInputElement>();
const help = createRef<HTMLDialogElement>();
const fileField = createRef<HTMLInputElement>();
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

let session: Session | undefined;
/** While a trace is read: how far. */
let progress: string | undefined;
/** Why there is nothing to see, or not what was asked for. */
let problem: string | undefined;
/** Of the trace that was asked for last: one that is still being read when another is opened is not wanted any more. */
let loadNumber = 0;

function redraw(): void {
  const theme = shownTheme(session?.theme ?? 'auto');
  document.documentElement.dataset['theme'] = theme;
  const root = document.querySelector('#app');
  if (root === null) return;
  render(
    <App {...{ session, progress, problem, theme, actions, openFile, searchField, help, fileField }} />,
    root,
  );
}

function shownTheme(theme: Theme): 'light' | 'dark' {
  if (theme !== 'auto') return theme;
  return systemIsDark.matches ? 'dark' : 'light';
}

const actions: Omit<Actions, 'session'> = {
  focusSearch: () => searchField.current?.focus(),
  chooseFile: () => fileField.current?.click(),
  toggleHelp() {
    if (help.current?.open === true) help.current.close();
    else help.current?.showModal();
  },
  toggleTheme() {
    session?.setTheme(shownTheme(session.theme) === 'dark' ? 'light' : 'dark');
  },
};

/** The address of another run leads nowhere in this one; the theme stays. */
function openFile(file: File): void {
  const theme = session?.theme ?? 'auto';
  void load((tell) => loadFile(file, tell), {
    name: file.name,
    hash: theme === 'auto' ? '' : `#theme=${theme}`,
  });
}

async function load(
  read: (tell: Report) => Promise<Run | undefined>,
  { name, hash }: { name: string; hash: string },
): Promise<void> {
  loadNumber += 1;
  const number = loadNumber;
  const isWanted = (): boolean => number === loadNumber;
  problem = undefined;
  try {
    const run = await read((text) => {
      if (isWanted()) report(text);
    });
    if (!isWanted()) return;
    if (run !== undefined) {
      document.title = `${run.header.title}, ${run.header.outcome} – Raftlab timeline`;
      if (hash !== location.hash) history.replaceState(null, '', hash === '' ? '#' : hash);
      look(run, hash);
    }
  } catch (error) {
    if (!isWanted()) return;
    problem = `${name} cannot be shown. ${error instanceof Error ? error.message : String(error)}`;
  }
  progress = undefined;
  redraw();
}

function look(run: Run, hash: string): void {
  session?.close();
  session = new Session(run, hash, redraw);
}

function report(text: string): void {
  progress = text;
  redraw();
}

document.addEventListener('keydown', (event) => {
  const binding = help.current?.open === true && event.key !== '?' ? undefined : bindingFor(event);
  if (binding === undefined) {
    if (event.key === 'Escape' && event.target instanceof HTMLInputElement) event.target.blur();
    return;
  }
  event.preventDefault();
  binding.act({ session, ...actions });
});

document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer?.files ?? [];
  if (file !== undefined) openFile(file);
});
systemIsDark.addEventListener('change', redraw);
addEventListener('hashchange', () => {
  if (session !== undefined) look(session.run, location.hash);
});

report('Reading the trace');
await load(loadEmbedded, { name: 'The trace in this page', hash: location.hash });
