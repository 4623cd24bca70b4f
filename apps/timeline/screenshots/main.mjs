// Takes the pictures of docs/timeline.md, from the stories of the tests: build first. The browser and its fonts decide how
// they look, so they are compared by eye.
import { join } from 'node:path';
import { runnerImport } from 'vite';

const { failingStory, longStory } = await load('../test/story.ts');
const { launch, open } = await load('../test/page/browser.ts');
const images = join(import.meta.dirname, '../../../docs/images');
const viewport = { width: 1160, height: 740 };

const browser = await launch();
await take('timeline-failure', { trace: failingStory() });
await take('timeline-long', {
  trace: longStory(20_000),
  hash: '#event=9700&find=lost',
  context: { colorScheme: 'dark' },
});
await browser.close();

async function take(name, { context, ...opening }) {
  const { page } = await open(browser, { name, ...opening, context: { viewport, ...context } });
  await page.locator('.event-list [aria-current]').waitFor();
  await page.screenshot({ path: join(images, `${name}.png`), animations: 'disabled' });
  console.log(`docs/images/${name}.png`);
}

async function load(path) {
  const { module } = await runnerImport(join(import.meta.dirname, path), {
    configFile: false,
    logLevel: 'warn',
  });
  return module;
}
