// Opens pages in a real browser, from the disk, and records their errors, warnings and network requests.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TraceFile } from '@raftlab/trace/form';
import { timelinePage } from '@raftlab/timeline';
import { chromium, type Browser, type Page } from 'playwright-core';

/** The path of Debian's package; CHROMIUM overrides it. */
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const isMissing = !existsSync(executablePath);

/** Why the browser tests cannot run. They are then skipped, with this reason in their title; with CI=true they fail. */
export const missingReason: string | undefined = isMissing
  ? `${executablePath} does not exist: apt-get install chromium, or set CHROMIUM, then npm test -- --force`
  : undefined;
/** Whether the browser tests are skipped. */
export const isSkipped: boolean = isMissing && process.env['CI'] !== 'true';

export async function launch(): Promise<Browser> {
  if (missingReason !== undefined) throw new Error(`The page cannot be tested: ${missingReason}.`);
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

const folder = join(import.meta.dirname, '../../reports/pages');

export interface OpenedPage {
  readonly page: Page;
  /** Errors and warnings of the page, and its network requests. */
  readonly problems: readonly string[];
}

export interface Opening {
  readonly trace?: TraceFile;
  /** Changes the file before it is opened. */
  readonly damage?: (html: string) => string;
  /** The name of the file, without `.html`. */
  readonly name: string;
  readonly hash?: string;
  /** 1440 × 900 unless it is set. */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** The theme of the system, light unless it is set. */
  readonly colorScheme?: 'light' | 'dark';
}

/**
 * Opens a page in the only tab of the browser: with the trace, or as it is built. A tab of its own for each page would start a process
 * for each. `leave` ends a page.
 */
export async function open(
  browser: Browser,
  { trace, damage, name, hash = '', viewport = { width: 1440, height: 900 }, colorScheme = 'light' }: Opening,
): Promise<OpenedPage> {
  const file = trace === undefined ? builtPage : join(folder, `${name}.html`);
  if (trace !== undefined) {
    mkdirSync(folder, { recursive: true });
    const html = timelinePage(trace);
    writeFileSync(file, damage?.(html) ?? html);
  }
  const problems: string[] = [];
  const page = browser.contexts()[0]?.pages()[0] ?? (await openTab(browser));
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) problems.push(`requested ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href + hash);
  if (trace !== undefined && damage === undefined) {
    await page.getByRole('region', { name: 'Timeline' }).waitFor();
  }
  return { page, problems };
}

/** Ends the page: the next one begins without its scripts and its address. */
export async function leave(page: Page): Promise<void> {
  page.removeAllListeners();
  await page.goto('about:blank');
}

async function openTab(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  await context.setOffline(true);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  return page;
}

const builtPage = join(import.meta.dirname, '../../dist/page.html');
