// The entry point: loads the trace, renders the page after every change, and handles keys, dropped files and the address.
import { createRef, render } from 'preact';
import type { Theme } from '../model/address.ts';
import type { Run } from '../model/run.ts';
import { App } from './app.tsx';
import { bindingFor, type Actions } from './keys.ts';
import { loadEmbedded, loadFile, type ReportProgress } from './load.ts';
import { Session } from './session.ts';

const searchField = createRef<HTMLInputElement>();
const help = createRef<HTMLDialogElement>();
const fileField = createRef<HTMLInputElement>();
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

let session: Session | undefined;
/** How much of a trace has been read, while one is being read. */
let progress: string | undefined;
/** Why the last trace that was opened cannot be shown. */
let problem: string | undefined;
/** The number of the last load. An earlier one that has not finished is discarded. */
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

/** Opens a file. The address is that of another run, so only its theme is kept. */
function openFile(file: File): void {
  const theme = session?.theme ?? 'auto';
  void load((reportProgress) => loadFile(file, reportProgress), {
    name: file.name,
    hash: theme === 'auto' ? '' : `#theme=${theme}`,
  });
}

async function load(
  read: (reportProgress: ReportProgress) => Promise<Run | undefined>,
  { name, hash }: { name: string; hash: string },
): Promise<void> {
  loadNumber += 1;
  const number = loadNumber;
  const isLatest = (): boolean => number === loadNumber;
  problem = undefined;
  try {
    const run = await read((text) => {
      if (isLatest()) report(text);
    });
    if (!isLatest()) return;
    if (run !== undefined) {
      document.title = `${run.header.title}, ${run.header.outcome} – Raftlab timeline`;
      if (hash !== location.hash) history.replaceState(null, '', hash === '' ? '#' : hash);
      showRun(run, hash);
    }
  } catch (error) {
    if (!isLatest()) return;
    problem = `${name} cannot be shown. ${error instanceof Error ? error.message : String(error)}`;
  }
  progress = undefined;
  redraw();
}

function showRun(run: Run, hash: string): void {
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
  if (session !== undefined) showRun(session.run, location.hash);
});

report('Reading the trace');
await load(loadEmbedded, { name: 'The trace in this page', hash: location.hash });
