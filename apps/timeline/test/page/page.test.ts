// The page in a real browser: what a user sees, types and clicks.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failingStory, foreignStory, longStory, passedStory, Story } from '../story.ts';
import { isSkipped, launch, leave, missingReason, open, type Opening } from './browser.ts';

const reason = missingReason === undefined ? '' : ` (${missingReason})`;

describe.skipIf(isSkipped)(`the timeline in a browser${reason}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  /** Opens a page for one test, which must end without problems. */
  async function visit(opening: Opening, check: (page: Page) => Promise<void>): Promise<void> {
    const { page, problems } = await open(browser, opening);
    try {
      await check(page);
      expect(problems).toEqual([]);
    } finally {
      await leave(page);
    }
  }

  const failing: Opening = { name: 'failing', trace: failingStory() };
  const { events } = failingStory();
  const eventCount = events.length;
  const lostAppend = events.findIndex(
    (event) => event.kind === 'send' && event.name === 'AppendEntries' && event.to === 2,
  );

  test('a failed run opens at its failure and shows its message', async () => {
    await visit(failing, async (page) => {
      expect(await page.title()).toContain('TestStory');
      expect(await page.getByRole('region', { name: 'Failure' }).innerText()).toContain(
        'which no majority has stored',
      );
      expect(await currentEvent(page)).toMatch(/^Failure at server 1: State Machine Safety/);
      expect(await position(page)).toContain(`event ${eventCount} of ${eventCount}`);
    });
  });

  test('the arrow keys and the buttons move the cursor, and the event is announced to screen readers', async () => {
    await visit(failing, async (page) => {
      await page.keyboard.press('ArrowLeft');
      await currentIs(page, 'Server 1 applies index 2: "x=3"');
      await page.getByRole('button', { name: 'Previous event' }).click();
      await currentIs(page, 'Server 1 sends AppendEntries to server 0');
      expect(await page.locator('output[aria-live].unseen').innerText()).toBe(
        '700.00 milliseconds: Server 1 sends AppendEntries to server 0',
      );
      await page.getByRole('button', { name: 'Next event' }).click();
      await currentIs(page, 'Server 1 applies index 2: "x=3"');
      await page.getByRole('button', { name: 'Previous step of the test' }).click();
      await currentIs(page, 'Step: the old leader comes back');
      await page.getByRole('button', { name: /^Show at/ }).click();
      await currentIs(page, /^Failure/);
    });
  });

  test('the tables have the state and log of every server at the cursor', async () => {
    await visit(failing, async (page) => {
      expect(await rows(page, 'State at the cursor')).toEqual([
        '0 leader 1 0 2 1 1 – 1: 2, 1',
        '1 leader 2 1 2 0 0 –',
        '2 down 2 1 0 0 0 –',
      ]);
      expect(await rows(page, 'Logs')).toEqual([
        'server 0 1 applied 1 not committed',
        'server 1 1 not committed 2 not committed',
        'server 2',
      ]);
      await page.keyboard.press('Home');
      await page.getByText('No log was recorded before the cursor.').waitFor();
      await page.keyboard.press(']');
      await page.keyboard.press('ArrowLeft');
      await page.getByText('No entries.').waitFor();
    });
  });

  test('the details of a message have its fields and links to its sending and its end', async () => {
    await visit({ ...failing, hash: `#event=${lostAppend}` }, async (page) => {
      await currentIs(page, 'Server 0 sends AppendEntries to server 2');
      const details = page.getByRole('region', { name: 'Event under the cursor' });
      expect((await details.locator('dl').innerText()).replace(/\s+/g, ' ')).toContain(
        'prevLogIndex 0 entries 1',
      );
      await page.getByRole('button', { name: 'Go to the loss' }).click();
      await currentIs(page, /is lost: the network drops it/);
    });
  });

  test('a filter hides events from the list and from stepping', async () => {
    await visit(failing, async (page) => {
      await page.getByRole('button', { name: 'AppendEntries' }).click();
      await expect.poll(() => listed(page)).not.toContain('AppendEntries');
      await page.getByRole('button', { name: 'applied' }).click();
      await page.keyboard.press('ArrowLeft');
      await currentIs(page, 'Server 1 logs [LEAD] sending index 2');
      await page.getByLabel('Terms').fill('2-x');
      expect(await page.getByRole('alert').innerText()).toContain('"2-x" is not a term');
      await page.getByLabel('Terms').fill('2');
      await expect.poll(() => listed(page)).not.toContain('x=1');
      await page.getByRole('button', { name: 'Show everything' }).click();
      await expect.poll(() => listed(page)).toContain('AppendEntries');
    });
  });

  test('the chart has bands where servers run, arrows for messages, and a line at the failure', async () => {
    await visit({ ...failing, hash: '#event=0&window=0~740' }, async (page) => {
      const { x, y } = await positionsOf(page, { ms: 740, servers: 3 });
      const [left, top] = [x(0), y(-0.5) - 42];
      /** How many of the 25 pixels around a position are drawn on. */
      const drawnCount = (ms: number, lane: number): Promise<number> =>
        page.evaluate<number>(
          `(() => {
            const copy = new OffscreenCanvas(5, 5).getContext('2d', { willReadFrequently: true });
            const [x, y] = [${Math.round(x(ms) - left) - 2}, ${Math.round(y(lane) - top) - 2}];
            copy.drawImage(document.querySelector('.chart-canvas canvas'), -x, -y);
            return copy.getImageData(0, 0, 5, 5).data.filter((value, n) => n % 4 === 3 && value > 100).length;
          })()`,
        );
      expect(await drawnCount(280, 0), 'a leader is a thick band').toBe(25);
      expect(await drawnCount(280, 1), 'a follower is a line').toBeLessThan(25);
      expect(await drawnCount(280, 1), 'a follower is a line').toBeGreaterThan(10);
      expect(await drawnCount(690, 2), 'a server that is down has no band').toBeLessThan(5);
      expect(await drawnCount(731, 1.5), 'a line at the failure').toBeGreaterThan(5);
      expect(await drawnCount(720, 1.5), 'nothing beside the line').toBe(0);
      // RequestVote from server 0, sent at 200 ms, to server 1, received at 209 ms.
      expect(await drawnCount(204.5, 0.5), 'an arrow').toBeGreaterThan(3);
      await page.getByRole('button', { name: 'RequestVote' }).click();
      await expect.poll(() => drawnCount(204.5, 0.5), { message: 'no arrow of a hidden kind' }).toBe(0);
      await page.getByRole('button', { name: '0', exact: true }).click();
      await expect.poll(() => drawnCount(280, 0), { message: 'no band of a hidden server' }).toBeLessThan(10);
    });
  });

  test('a search shows the number of matches, and n and N go to the next and the previous one', async () => {
    await visit(failing, async (page) => {
      await page.keyboard.press('/');
      // In one piece: the beginning of the words is found three times, too.
      await page.keyboard.insertText('is lost');
      await page.locator('output.matches', { hasText: /^3$/ }).waitFor();
      await page.keyboard.press('Enter');
      await currentIs(page, /^AppendEntries .* is lost: the network drops it/);
      await page.keyboard.press('Escape');
      await page.keyboard.press('n');
      await currentIs(page, /is lost: the sender is disconnected/);
      await page.keyboard.press('N');
      await currentIs(page, /is lost: the network drops it/);
      await page.getByText('1 of 3').waitFor();
    });
  });

  test('a reload restores position, window, filter, search and theme from the address', async () => {
    await visit(failing, async (page) => {
      await page.keyboard.press('[');
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await page.getByRole('button', { name: 'RequestVote' }).click();
      await page.getByRole('button', { name: '2', exact: true }).click();
      await page.getByLabel('Terms').fill('1-2');
      await page.getByLabel('Find').fill('x=3');
      await page.getByRole('button', { name: 'Dark' }).click();
      await page.waitForURL(/theme=dark/);
      const shown = async (): Promise<unknown> => ({
        event: await currentEvent(page),
        window: await page.locator('.readout.window').innerText(),
        off: await page.locator('[aria-pressed=false].switch').allInnerTexts(),
        terms: await page.getByLabel('Terms').inputValue(),
        query: await page.getByLabel('Find').inputValue(),
        theme: await page.locator('html').getAttribute('data-theme'),
      });
      const before = await shown();
      expect(before).toMatchObject({
        event: 'Step: the old leader comes back',
        off: ['2', 'RequestVote'],
        theme: 'dark',
      });
      await page.reload();
      await page.getByRole('region', { name: 'Timeline' }).waitFor();
      expect(await shown()).toEqual(before);
    });
  });

  test('a changed address changes what is shown', async () => {
    await visit(failing, async (page) => {
      await page.evaluate(`location.hash = '#event=0&find=lost'`);
      await currentIs(page, 'Step: elect a leader');
      expect(await page.getByLabel('Find').inputValue()).toBe('lost');
    });
  });

  test('invalid parts of the address are ignored, with a notice', async () => {
    await visit({ ...failing, hash: '#event=none' }, async (page) => {
      await page.getByText('Ignored parts of the address: event=none').waitFor();
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await currentIs(page, /^Failure/);
    });
  });

  test('the theme is that of the system until the user switches it', async () => {
    await visit({ ...failing, colorScheme: 'dark' }, async (page) => {
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      await page.getByRole('button', { name: 'Light' }).click();
      await page.getByRole('button', { name: 'Dark' }).waitFor();
      expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
    });
  });

  test('everything can be done with the keyboard, and the help lists the keys', async () => {
    await visit(failing, async (page) => {
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Keys and signs' });
      await help.waitFor();
      expect(await help.innerText()).toContain('next event');
      await page.keyboard.press('Escape');
      await help.waitFor({ state: 'hidden' });
      await page.keyboard.press('Home');
      await currentIs(page, 'Step: elect a leader');
      const whole = await page.locator('.readout.window').innerText();
      await page.keyboard.press('+');
      await page.locator('.readout.window').filter({ hasNotText: whole }).waitFor();
      await page.keyboard.press('0');
      await page.locator('.readout.window').filter({ hasText: 'in view 0.0 to 745.6 ms' }).waitFor();
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await page
        .getByText(/^Server 0: candidate/)
        .first()
        .waitFor();
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: 'Play' }).waitFor();
      await page.keyboard.press('t');
      await page.getByRole('button', { name: 'Light' }).waitFor();
      await page.keyboard.press('f');
      await currentIs(page, /^Failure/);
      for (let n = 0; n < 40; n += 1) await page.keyboard.press('Tab');
      expect(await page.locator(':focus').count()).toBe(1);
    });
  });

  test('a click selects an event or a time, the wheel zooms, a drag pans, a drag along the top moves the cursor', async () => {
    await visit({ ...failing, hash: '#window=0~740' }, async (page) => {
      const { x, y } = await positionsOf(page, { ms: 740, servers: 3 });
      // RequestVote from server 0, sent at 200 ms, to server 1, received at 209 ms.
      await page.mouse.click(x(200) + 0.9 * (x(209) - x(200)), y(0.9));
      await currentIs(page, 'Server 1 receives RequestVote from server 0, 9 ms after it was sent');
      await page.mouse.click(x(450), y(1.5));
      await expect.poll(() => position(page)).toContain('450.');
      await page.mouse.wheel(0, -300);
      await page.locator('.readout.window').filter({ hasNotText: 'to 740.0' }).waitFor();
      const zoomed = await page.locator('.readout.window').innerText();
      await page.mouse.down();
      await page.mouse.move(x(400), y(1.5), { steps: 3 });
      await page.mouse.up();
      await page.locator('.readout.window').filter({ hasNotText: zoomed }).waitFor();
      await page.keyboard.press('0');
      await page.mouse.move(x(100), y(-0.5) - 12);
      await page.mouse.down();
      await page.mouse.move(x(300), y(-0.5) - 12, { steps: 3 });
      await page.mouse.up();
      await currentIs(page, 'Server 0 applies index 1: "x=1"');
    });
  });

  test('a passed run opens at its beginning', async () => {
    await visit({ name: 'passed', trace: passedStory() }, async (page) => {
      expect(await page.getByRole('banner').innerText()).toContain('passed');
      await currentIs(page, 'Step: elect a leader');
      expect(await page.getByRole('region', { name: 'Failure' }).count()).toBe(0);
    });
  });

  test('a run without recorded state has the roles and terms that its messages prove, and a note', async () => {
    await visit({ name: 'foreign', trace: foreignStory(), hash: '#event=44' }, async (page) => {
      const labels = page.getByRole('list', { name: 'Servers at the cursor' });
      expect(await labels.innerText()).toMatch(
        /Server 0\s*leader\s*1\s+Server 1\s*leader\s*2\s+Server 2\s*down/,
      );
      const table = page.locator('.state-table');
      expect(await table.innerText()).toMatch(/leader \(as of 320 ms\)[\s\S]*leader \(as of \d{3} ms\)/);
      expect(await table.innerText()).toContain('what its messages prove');
      await expect.poll(() => listed(page)).toContain('Server 1 sends AppendEntries to server 0');
    });
  });

  test('seven servers fit into a window of 800 × 600: no label and no column is cut', async () => {
    const servers = Array.from({ length: 7 }, (_, server) => server);
    const story = new Story();
    for (const server of servers)
      story.add(
        { kind: 'start', server },
        { kind: 'state', server, role: 'candidate', term: 1234, commitIndex: 567, votedFor: server },
        { kind: 'disconnect', server },
      );
    story.at(1000).add({ kind: 'network', text: 'the network is reliable' });
    const trace = story.file({ servers: 7 });
    const viewport = { width: 800, height: 600 };
    await visit({ name: 'seven', trace, viewport, hash: '#event=21' }, async (page) => {
      const cut = await page.evaluate(
        `[...document.querySelectorAll('.lane-labels li, .lane-label, .states')].filter((e) =>
          e.scrollWidth > e.clientWidth + 1 || (e.className !== 'states' && e.scrollHeight > e.clientHeight + 1)).map((e) => e.innerText)`,
      );
      expect(cut).toEqual([]);
      // In low lanes the label has a sign for what the chart has no room to say.
      expect(await page.locator('.lane-warning .sign').allInnerTexts()).toEqual(servers.map(() => '⊘'));
      expect(await page.locator('.lane-warning .words').first().isVisible()).toBe(false);
      expect(await drawnWords(page)).not.toContain('disconnected');
    });
    // In high lanes it is the other way round.
    const wide = { width: 1440, height: 1400 };
    await visit({ name: 'seven', trace, viewport: wide, hash: '#event=21' }, async (page) => {
      expect(await page.locator('.lane-warning .words').first().isVisible()).toBe(true);
      expect(await drawnWords(page)).toContain('disconnected');
    });
  });

  test('long logs do not lengthen the page', async () => {
    const story = new Story();
    const terms = Array.from({ length: 60 }, (_, offset): [number, number] => [1 + offset, 5]);
    for (const server of [0, 1, 2])
      story.add({ kind: 'start', server }, { kind: 'state', server, log: { firstIndex: 1, terms } });
    const viewport = { width: 800, height: 600 };
    await visit({ name: 'long-logs', trace: story.file(), viewport, hash: '#event=5' }, async (page) => {
      const beyond = await page.evaluate(
        "document.documentElement.scrollHeight - document.querySelector('.panels').getBoundingClientRect().bottom",
      );
      expect(beyond).toBeLessThan(2);
    });
  });

  test('a long title is not cut at 1440, and the message of a failure stands once beside its fields', async () => {
    const title = 'TestSnapshotInstallUnCrash3D: install snapshots (unreliable, with crashes and restarts)';
    await visit({ name: 'long-title', trace: { ...failingStory(), title } }, async (page) => {
      const isCut = await page.evaluate(
        `(() => { const h = document.querySelector('h1'); return h.scrollWidth > h.clientWidth || h.scrollHeight > h.clientHeight; })()`,
      );
      expect(isCut).toBe(false);
      expect((await page.locator('body').innerText()).split('which no majority has stored')).toHaveLength(3);
    });
  });

  test('20,000 events: bars for the whole run, arrows after zooming in', async () => {
    const eventCountOfLong = 20_000;
    await visit({ name: 'long', trace: longStory(eventCountOfLong) }, async (page) => {
      const note = page.getByText(/^Too many messages to draw/);
      expect(await note.count()).toBe(0);
      await page.keyboard.press('0');
      await note.waitFor();
      await page.keyboard.press('End');
      await page.getByText('event 20,000 of 20,000').waitFor();
      for (let n = 0; n < 6; n += 1) await page.keyboard.press('+');
      await note.waitFor({ state: 'detached' });
      await page.getByLabel('Find').fill('lost');
      await page
        .locator('.matches')
        .filter({ hasText: /^\d{3,4}$/ })
        .waitFor();
      await page.getByRole('button', { name: 'Earlier' }).click();
      await page.getByRole('button', { name: 'Later' }).click();
    });
  });

  test('the page without a trace opens a trace file', async () => {
    await visit({ name: 'empty' }, async (page) => {
      await page.getByText('No trace is open.').waitFor();
      await openFile(page, 'story.json', JSON.stringify(failingStory()));
      await currentIs(page, /^Failure/);
    });
  });

  test('opening another trace resets the address; of two opened one after the other the later one is shown', async () => {
    await visit({ ...failing, hash: '#event=5&find=lost' }, async (page) => {
      await page.getByRole('button', { name: 'Dark' }).click();
      await page.waitForURL(/theme=dark/);
      await openFile(page, 'long.json', JSON.stringify(longStory(40_000)));
      await openFile(page, 'passed.json', JSON.stringify({ ...passedStory(), title: 'the later one' }));
      await page.getByRole('heading', { name: 'the later one' }).waitFor();
      await currentIs(page, 'Step: elect a leader');
      expect(await page.getByLabel('Find').inputValue()).toBe('');
      expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
      expect(new URL(page.url()).hash).toBe('#theme=dark');
      // Waits for more frames than reading the first file takes.
      await page.evaluate(
        `(async () => { for (let n = 0; n < 60; n += 1) await new Promise(requestAnimationFrame); })()`,
      );
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('the later one');
    });
  });

  const lastBlock = (html: string): number => html.lastIndexOf('<script type="application/x-raftlab-trace">');
  test.each<[string, (html: string) => string, string]>([
    ['was truncated within a block', (html) => html.slice(0, lastBlock(html) + 5000), 'It is damaged'],
    [
      'was truncated between two blocks',
      (html) => html.slice(0, lastBlock(html)),
      'It must have 30000 events, but has 20000.',
    ],
    [
      'has changed bytes in a block',
      (html) => `${html.slice(0, lastBlock(html) + 5000)}AAAA${html.slice(lastBlock(html) + 5004)}`,
      'It is damaged',
    ],
  ])('a page that %s reports it', async (_what, damage, message) => {
    await visit({ name: 'damaged', trace: longStory(30_000), damage }, async (page) => {
      expect(await page.getByRole('alert').innerText()).toContain(
        `The trace in this page cannot be shown. ${message}`,
      );
    });
  });

  test.each(['passed', 'failed'] as const)(
    'a run without events that %s has an empty chart',
    async (outcome) => {
      await visit({ name: 'eventless', trace: { ...failingStory(), outcome, events: [] } }, async (page) => {
        await page.keyboard.press('ArrowRight');
        expect(await position(page)).toContain('no events');
        expect(await rows(page, 'State at the cursor')).toContain('2 not started – – – – – –');
        await page.getByText('No log was recorded before the cursor.').waitFor();
      });
    },
  );

  test('a long title leaves room for the details and the buttons', async () => {
    const title = `simulation: ${'a schedule of many words, '.repeat(10)}`;
    await visit({ name: 'long-title', trace: { ...failingStory(), title } }, async (page) => {
      const details = await page.getByRole('banner').locator('dl').boundingBox();
      const replay = await page.getByRole('banner').locator('.replay').boundingBox();
      const button = await page.getByRole('banner').locator('.buttons').boundingBox();
      expect((replay?.x ?? 0) + 40).toBeLessThan((details?.x ?? 0) + (details?.width ?? 0));
      expect((details?.x ?? 0) + (details?.width ?? 0)).toBeLessThan(button?.x ?? 0);
    });
  });

  test('on a narrow screen the page has one column and does not scroll sideways', async () => {
    const viewport = { width: 400, height: 800 };
    await visit({ ...failing, viewport }, async (page) => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
      const states = await page.locator('.states').boundingBox();
      const list = await page.locator('.events').boundingBox();
      expect([states?.width, list?.width]).toEqual([400, 400]);
      expect(list?.y).toBeGreaterThanOrEqual((states?.y ?? 0) + (states?.height ?? 0));
    });
  });

  const story = failingStory();
  test.each<[string, string, RegExp]>([
    ['that is not JSON', 'not JSON', /bad\.json cannot be shown\. It is not JSON: /],
    ['that is something else', '{"name": "raftlab"}', /It has no list of events/],
    [
      'with too many servers',
      JSON.stringify({ ...story, servers: 1e9 }),
      /servers: Too big: expected number to be <=1000/,
    ],
    ['of another version', JSON.stringify({ ...story, version: 2 }), /version: Invalid input: expected 1/],
    [
      'with an invalid event',
      JSON.stringify({
        ...story,
        events: [...story.events.slice(0, 4), { at: 1, kind: 'crash', server: 'x' }],
      }),
      /events\[4\]\.server: Invalid input: expected number/,
    ],
    [
      'that contradicts itself',
      JSON.stringify({ ...story, servers: 2 }),
      /events\[\d+\] names server 2, but the run has 2 servers/,
    ],
  ])(
    'a file %s is rejected with the reason and the place, and the open run stays open',
    async (_what, text, message) => {
      await visit(failing, async (page) => {
        await openFile(page, 'bad.json', text);
        expect(await page.getByRole('alert').innerText()).toMatch(message);
        await currentIs(page, /^Failure/);
      });
    },
  );

  test.each(['light', 'dark'] as const)(
    'axe finds no accessibility problem in the %s theme',
    async (colorScheme) => {
      const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');
      await visit({ ...failing, hash: '#find=lost&event=50', colorScheme }, async (page) => {
        await page.evaluate(axe);
        const violations = await page.evaluate<string[]>(
          `axe.run().then(({ violations }) =>
          violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => [id, html, failureSummary].join(' | '))))`,
        );
        expect(violations).toEqual([]);
      });
    },
  );
});

/** The positions of times and lanes in the browser window, when the chart shows 0 to `ms`. */
async function positionsOf(
  page: Page,
  { ms, servers }: { ms: number; servers: number },
): Promise<{ x: (at: number) => number; y: (lane: number) => number }> {
  const box = await page.locator('.chart-canvas').boundingBox();
  if (box === null) throw new Error('The chart has no box.');
  const headHeightPx = 42;
  return {
    x: (at) => box.x + (at / ms) * box.width,
    y: (lane) => box.y + headHeightPx + ((lane + 0.5) * (box.height - headHeightPx)) / servers,
  };
}

/** The texts that the chart draws when the theme changes. */
function drawnWords(page: Page): Promise<string[]> {
  return page.evaluate(`new Promise((resolve) => {
    const words = [];
    const { fillText } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
      words.push(text);
      return fillText.call(this, text, ...place);
    };
    document.querySelector('.title-bar button').click();
    requestAnimationFrame(() => requestAnimationFrame(() => {
      CanvasRenderingContext2D.prototype.fillText = fillText;
      resolve(words);
    }));
  })`);
}

async function openFile(page: Page, name: string, text: string): Promise<void> {
  await page
    .getByLabel('Open a trace')
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
}

function currentEvent(page: Page): Promise<string> {
  return page.getByRole('region', { name: 'Event under the cursor' }).getByRole('heading').innerText();
}

async function currentIs(page: Page, text: string | RegExp): Promise<void> {
  const options = typeof text === 'string' ? { name: text, exact: true } : { name: text };
  await page.getByRole('region', { name: 'Event under the cursor' }).getByRole('heading', options).waitFor();
}

function position(page: Page): Promise<string> {
  return page.getByRole('region', { name: 'Position' }).innerText();
}

function listed(page: Page): Promise<string> {
  return page.getByRole('region', { name: 'Events around the cursor' }).innerText();
}

/** The text of each row of a table's body, as one line. */
async function rows(page: Page, name: string): Promise<string[]> {
  const found = await page.getByRole('table', { name }).locator('tbody tr').all();
  const texts = await Promise.all(found.map((row) => row.locator('th, td').allInnerTexts()));
  return texts.map((cells) => cells.join(' ').replace(/\s+/g, ' ').trim());
}
