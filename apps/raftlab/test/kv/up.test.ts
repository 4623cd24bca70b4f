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

test('a second start has the data and the ports of the first; wrong lines are reported, and the next ones carried out', async () => {
  const before = readLocalCluster(join(folder, 'raftlab-kv-data'));
  const lines = [
    'get city',
    'gte city',
    'put "city',
    'get',
    'kill 9',
    'start 1',
    'put a -',
    'get nothing',
    'list --json',
  ];
  const { code, output } = await carryOut(lines);
  expect(readLocalCluster(join(folder, 'raftlab-kv-data'))).toEqual(before);
  const [, ...answers] = output.replace(/all servers have stopped\n$/, '').split(/^kv> .*\n/m);
  expect(answers).toEqual([
    'Turin\n',
    "error: unknown command 'gte'\n(Did you mean get?)\n",
    'error: the quote " is not closed; close it, or write \\"\n',
    "error: missing required argument 'key'\n",
    'error: there is no server 9; the servers are 1, 2, 3.\n',
    'error: server 1 runs already.\n',
    'error: - reads standard input, which the prompt itself reads; write the value.\n',
    'key nothing is missing\n',
    '{"pairs":[{"key":"city","value":"Turin","version":1}],"hasMore":false}\n',
  ]);
  expect(code).toBe(1);
});

test('kill -9 of the process leaves no server behind; SIGTERM stops them in order', async () => {
  const options = ['--data', 'alone', '--servers', '1'];
  const killed = up(...options);
  await until(
    () => killed.output.includes('runs with 1 server;'),
    () => killed.output,
  );
  expect(await openPortCount('alone')).toBe(1);
  killed.child.kill('SIGKILL');
  await until(
    async () => (await openPortCount('alone')) === 0,
    () => 'the server ends',
  );

  const stopped = up(...options);
  await until(
    () => stopped.output.includes('runs with 1 server;'),
    () => stopped.output,
  );
  const code = new Promise<unknown>((resolve) => stopped.child.once('close', resolve));
  stopped.child.kill('SIGTERM');
  expect(await code).toBe(0);
  expect(stopped.output).toMatch(/all servers have stopped\n$/);
  expect(await openPortCount('alone')).toBe(0);
});
