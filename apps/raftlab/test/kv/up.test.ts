// `raftlab kv up`: the transcript of the README, a second start on the same data, and an end that leaves no process behind.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '@raftlab/runtime';
import { afterAll, expect, test } from 'vitest';
import { readLocalCluster } from '#src/kv/local-cluster';
import { program } from '../command-line.ts';

const clock = new SystemClock();
const waitMaxMs = 30_000;
const readme = fileURLToPath(new URL('../../../../README.md', import.meta.url));
const transcriptPattern = /(<!-- kv transcript -->\s+```text\n)(.*?)(?=```)/s;
const folder = mkdtempSync(join(tmpdir(), 'raftlab-kv-up-'));
const started: Running[] = [];
afterAll(() => {
  for (const { child } of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A process of `kv up`, and what it has printed so far. */
interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  output: string;
}

/** `npm run kv` in the folder, without what npm does. */
function up(...options: readonly string[]): Running {
  const env = { ...process.env, npm_lifecycle_event: 'kv' };
  const child = spawn(process.execPath, [program, 'kv', ...options], { cwd: folder, env });
  const running: Running = { child, output: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (running.output += String(chunk)));
  started.push(running);
  return running;
}

/** The exit status of a cluster whose input is these lines. */
async function carryOut(lines: readonly string[]): Promise<{ code: unknown; output: string }> {
  const running = up();
  const ended = new Promise<unknown>((resolve) => running.child.once('close', resolve));
  running.child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  return { code: await ended, output: running.output };
}

async function until(condition: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
  const endsAt = clock.now() + waitMaxMs;
  while (!(await condition())) {
    if (clock.now() > endsAt) throw new Error(`waited ${waitMaxMs} ms: ${what()}`);
    await clock.sleep(20);
  }
}

/** How many of the ports of the servers are taken. */
async function openPortCount(data = 'raftlab-kv-data'): Promise<number> {
  const { servers = [] } = readLocalCluster(join(folder, data)) ?? {};
  const isOpen = (port: number): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  const open = await Promise.all(servers.map(({ port }) => isOpen(port)));
  return open.filter(Boolean).length;
}

/** Without what is another number in each run. */
function normalized(text: string): string {
  return text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT').replaceAll(/\bserver \d|\bkill -9 \d+/g, 'N');
}

test('the README shows a session: put, get, kill -9 of the leader, get (UPDATE_TRANSCRIPT=1 rewrites it)', async () => {
  const text = readFileSync(readme, 'utf8');
  const [, opening = '', shown = ''] = transcriptPattern.exec(text) ?? [];
  const lines = [...shown.matchAll(/^kv> (.*)$/gm)].map(([, line = '']) => line);
  const { code, output } = await carryOut(lines);
  if (process.env['UPDATE_TRANSCRIPT'] === '1')
    writeFileSync(
      readme,
      text.replace(transcriptPattern, () => opening + output),
    );
  else expect(normalized(output)).toBe(normalized(shown));
  expect(lines.join('; ')).toContain('put city Turin; get city; kill leader; get city');
  expect(code).toBe(0);
  expect(await openPortCount()).toBe(0);
});

test('a second start has the data and the ports of the first; wrong lines are reported; SIGTERM stops all servers', async () => {
  const before = readLocalCluster(join(folder, 'raftlab-kv-data'));
  const lines = new Map([
    ['get city', 'Turin\n'],
    ['gte city', "error: unknown command 'gte'\n(Did you mean get?)\n"],
    ['put "city', 'error: the quote " is not closed; close it, or write \\"\n'],
    ['get', "error: missing required argument 'key'\n"],
    ['kill 9', 'error: there is no server 9; the servers are 1, 2, 3.\n'],
    ['start 1', 'error: server 1 runs already.\n'],
    ['put a -', 'error: - reads standard input, which the prompt itself reads; write the value.\n'],
    ['get nothing', 'key nothing is missing\n'],
    ['list --json', '{"pairs":[{"key":"city","value":"Turin","version":1}],"hasMore":false}\n'],
  ]);
  const running = up();
  const ended = new Promise<unknown>((resolve) => running.child.once('close', resolve));
  for (const line of lines.keys()) running.child.stdin.write(`${line}\n`);
  await until(
    () => running.output.includes('"hasMore"'),
    () => running.output,
  );
  running.child.kill('SIGTERM');
  // Some lines have failed.
  expect(await ended).toBe(1);
  const [, ...answers] = running.output.replace(/all servers have stopped\n$/, '').split(/^kv> .*\n/m);
  expect(answers).toEqual([...lines.values()]);
  expect(await openPortCount()).toBe(0);
  expect(readLocalCluster(join(folder, 'raftlab-kv-data'))).toEqual(before);
});

test('kill -9 of the process leaves no server behind', async () => {
  const running = up('--data', 'alone', '--servers', '1');
  await until(
    () => running.output.includes('runs with 1 server;'),
    () => running.output,
  );
  expect(await openPortCount('alone')).toBe(1);
  running.child.kill('SIGKILL');
  await until(
    async () => (await openPortCount('alone')) === 0,
    () => 'the server ends',
  );
});
