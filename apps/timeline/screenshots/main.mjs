// Takes the pictures of docs/timeline.md: a story of the tests that fails, and a run of the grader. Build first. The browser
// and its fonts decide how they look, so they are compared by eye.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runnerImport } from 'vite';

const here = import.meta.dirname;
const reports = join(here, '../reports');
const images = join(here, '../../../docs/images');
const viewport = { width: 1200, height: 760 };

const { failingStory } = await load('../test/story.ts');
const { launch, open } = await load('../test/page/browser.ts');
const browser = await launch();
await take('timeline-failure', { trace: failingStory() });
await take('timeline-figure-8', {
  trace: recorded('TestFigure8Unreliable3C'),
  hash: '#event=1500',
  context: { colorScheme: 'dark' },
});
await browser.close();

async function take(name, { context, ...opening }) {
  const { page } = await open(browser, { name, ...opening, context: { viewport, ...context } });
  await page.locator('.event-list [aria-current]').waitFor();
  await page.screenshot({ path: join(images, `${name}.png`), animations: 'disabled' });
  console.log(`docs/images/${name}.png`);
}

/** The first seed of a graded test. */
function recorded(test) {
  mkdirSync(reports, { recursive: true });
  const file = join(reports, `${test}.json`);
  execFileSync(process.execPath, [
    join(here, '../../raftlab/dist/main.js'),
    'grade',
    test,
    '--seed',
    '1',
    '--trace',
    file,
  ]);
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function load(path) {
  const { module } = await runnerImport(join(here, path), { configFile: false, logLevel: 'warn' });
  return module;
}
