// Takes the screenshots of docs/timeline.md: the failing story of the tests, and a graded test. Build first. They depend on the
// browser and its fonts, so they are compared by eye.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runnerImport } from 'vite';

const here = import.meta.dirname;
const reports = join(here, '../reports');
const images = join(here, '../../../docs/images');
const viewport = { width: 1200, height: 760 };

const { failingStory } = await importModule('../test/story.ts');
const { launch, open } = await importModule('../test/page/browser.ts');
const browser = await launch();
await takeScreenshot('timeline-failure', { trace: failingStory() });
await takeScreenshot('timeline-figure-8', {
  trace: recordTrace('TestFigure8Unreliable3C'),
  hash: '#event=1500',
  colorScheme: 'dark',
});
await browser.close();

async function takeScreenshot(name, opening) {
  const { page } = await open(browser, { name, viewport, ...opening });
  await page.locator('.event-list [aria-current]').waitFor();
  await page.screenshot({ path: join(images, `${name}.png`), animations: 'disabled' });
  console.log(`docs/images/${name}.png`);
}

/** The trace of a graded test with seed 1. */
function recordTrace(test) {
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

async function importModule(path) {
  const { module } = await runnerImport(join(here, path), { configFile: false, logLevel: 'warn' });
  return module;
}
