// Opens pages in a real browser, from the disk, and watches what they must not do: fail, complain, or use a network.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TraceFile } from '@raftlab/trace/form';
import { timelinePage } from '@raftlab/timeline';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** Where Debian's package puts it; CHROMIUM names another. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const isMissing = !existsSync(executablePath);

/** Why the browser's tests cannot run: they are skipped by this name, unless this is CI, where nothing may be skipped. */
export const missing: string | undefined = isMissing
  ? `there is no ${executablePath}: apt-get install chromium, or name another in CHROMIUM, then npm test -- --force`
  : undefined;
export const isSkipped: boolean = isMissing && process.env['CI'] !== 'true';

export async function launch(): Promise<Browser> {
  if (missing !== undefined) throw new Error(`The page cannot be tested: ${missing}.`);
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

const folder = join(import.meta.dirname, '../../reports/pages');

export interface OpenedPage {
  readonly page: Page;
  /** What the browser had to complain about, and what was asked of a network. */
  readonly complaints: readonly string[];
}

export interface Opening {
  readonly trace?: TraceFile;
  /** What becomes of the file before it is opened. */
  readonly damage?: (html: string) => string;
  /** Of the file, without `.html`. */
  readonly name: string;
  readonly hash?: string;
  readonly context?: BrowserContextOptions;
}

/** Without a trace: the page as it is built. */
export async function open(
  browser: Browser,
  { trace, damage, name, hash = '', context }: Opening,
): Promise<OpenedPage> {
  const file = trace === undefined ? builtPage : join(folder, `${name}.html`);
  if (trace !== undefined) {
    mkdirSync(folder, { recursive: true });
    const html = timelinePage(trace);
    writeFileSync(file, damage?.(html) ?? html);
  }
  const complaints: string[] = [];
  const opened = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...context });
  await opened.setOffline(true);
  const page = await opened.newPage();
  page.setDefaultTimeout(15_000);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href + hash);
  if (trace !== undefined && damage === undefined) {
    await page.getByRole('region', { name: 'Timeline' }).waitFor();
  }
  return { page, complaints };
}

const builtPage = join(import.meta.dirname, '../../dist/page.html');
