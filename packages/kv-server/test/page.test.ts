// The status page in a real browser, on three servers that run.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { TestCluster } from './servers.ts';

/** The path of Debian's package; CHROMIUM overrides it. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const isMissing = !existsSync(executablePath);
const reason = isMissing
  ? ` (${executablePath} does not exist: apt-get install chromium, or set CHROMIUM)`
  : '';
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const violationsSchema = z.array(z.object({ id: z.string() }));

describe.skipIf(isMissing && process.env['CI'] !== 'true')(`the status page in a browser${reason}`, () => {
  let browser: Browser;
  let cluster: TestCluster;
  beforeAll(async () => {
    if (isMissing) throw new Error(`the page cannot be tested${reason}`);
    // The start of a browser may hold up this process, in which the servers run, for half a second.
    cluster = await TestCluster.make(() => ({ electionTimeoutMs: 2000 }));
    await cluster.start(1, 2, 3);
    await cluster.leader();
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await cluster?.close();
  });

  /** Opens the page of a server, which must end without problems of its own. */
  async function visit(
    server: number,
    colorScheme: 'light' | 'dark',
    check: (page: Page) => Promise<void>,
  ): Promise<void> {
    const context = await browser.newContext({ colorScheme });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    try {
      await page.goto(`http://127.0.0.1:${cluster.servers.get(server)?.httpAddress?.port ?? 0}/`);
      await page.getByText('servers answer').waitFor();
      await check(page);
      expect(problems).toEqual([]);
    } finally {
      await context.close();
    }
  }

  test('shows every server with its role, term and log, and follows what happens', async () => {
    const { clerk } = cluster.client();
    await clerk.put('city', 'Turin');
    const leader = await cluster.leader();
    await visit((leader % 3) + 1, 'light', async (page) => {
      expect(await page.title()).toBe('test – raftlab kv');
      // A server that takes long to answer on a busy machine is shown as silent, until the next look a second later.
      const term = cluster.servers.get(leader)?.status().report.term;
      await page.getByText(`3 of 3 servers answer; server ${leader} leads in term ${term}`).waitFor();
      const row = page.getByRole('row', { name: `${leader} leader` });
      await row.waitFor();
      expect(await page.getByRole('row').count()).toBe(4);
      expect(await page.getByRole('heading', { level: 2 }).count()).toBe(4);
      expect(await page.locator('body').innerText()).not.toContain('Turin');
      for (const key of ['a', 'b', 'c']) await clerk.put(key, 'x');
      await row.getByRole('cell', { name: '4', exact: true }).first().waitFor();
    });
  });

  test.each(['light', 'dark'] as const)('has no violation that axe finds, on a %s screen', async (scheme) => {
    await visit(1, scheme, async (page) => {
      await page.addScriptTag({ content: axe });
      const found: unknown = await page.evaluate('axe.run().then(({ violations }) => violations)');
      expect(violationsSchema.parse(found)).toEqual([]);
    });
  });

  test('says which server does not answer, and when this one does not', async () => {
    const leader = await cluster.leader();
    const [stopped = 0, shown = 0] = [1, 2, 3].filter((server) => server !== leader);
    await cluster.stop(stopped);
    await visit(shown, 'dark', async (page) => {
      await page.getByRole('row', { name: `${stopped} does not answer` }).waitFor();
      await page.getByText(/^2 of 3 servers answer; server \d leads/).waitFor();
    });
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${cluster.servers.get(shown)?.httpAddress?.port ?? 0}/`);
    await page.getByText('servers answer').waitFor();
    await cluster.stop(shown);
    await page.getByText('This server does not answer').waitFor();
    await context.close();
  });
});
