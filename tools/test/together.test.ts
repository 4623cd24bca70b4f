// The server of packages/raft-core/README.md, as three processes of this machine: one is killed in the middle of work, and nothing that
// was acknowledged is lost.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { valueMethod } from '@raftlab/rpc';
import { Random, SystemClock } from '@raftlab/runtime';
import { connect, type Address, type TcpClient } from '@raftlab/tcp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { freePorts } from '../kernel/free-ports.mjs';
import { fencedBlocks } from '../src/markdown.ts';
import { readText, root } from '../src/repository.ts';

const clock = new SystemClock();
const host = '127.0.0.1';
const cluster = 'counter';
const add = valueMethod('Counter.Add', { args: z.int(), reply: z.int() });
/** A call that takes longer has met a server that does not lead any more. */
const callMaxMs = 1000;
const waitMaxMs = 30_000;

/** The programs of the README, by the name of the file that their first line gives. */
const programs = new Map(
  fencedBlocks(readText('packages/raft-core/README.md')).flatMap(({ text }) => {
    const [, name] = /^\/\/ node ([\w-]+\.mjs) /.exec(text) ?? [];
    return name === undefined ? [] : [[name, text] as const];
  }),
);

let folder: string;
let addresses: Map<number, Address>;
let client: TcpClient;
const processes = new Map<number, ChildProcess>();
let acknowledged = 0;
let attempted = 0;

beforeAll(async () => {
  // Inside the package, where imports resolve; ignored by git.
  const reports = join(root, 'tools/reports');
  mkdirSync(reports, { recursive: true });
  folder = mkdtempSync(join(reports, 'together-'));
  for (const [name, text] of programs) writeFileSync(join(folder, name), text);
  addresses = new Map((await freePorts(3)).map((port, server) => [server, { host, port }]));
  client = connect(addresses, { cluster, clock, random: Random.fromSeed('client') });
  for (const server of addresses.keys()) start(server);
});

afterAll(() => {
  client.close();
  for (const child of processes.values()) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(server: number): void {
  const ports = [...addresses.values()].map(({ port }) => String(port));
  const directory = join(folder, `data-${server}`);
  const argv = [join(folder, 'server.mjs'), String(server), directory, ...ports];
  processes.set(server, spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] }));
}

/** Ends a process with kill -9, and waits until it is gone. */
async function kill(server: number): Promise<void> {
  const child = processes.get(server);
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** Adds one at the leader, whichever server that is; returns it and the count. */
async function addOne(): Promise<{ leader: number; count: number }> {
  const endsAt = clock.now() + waitMaxMs;
  while (clock.now() < endsAt) {
    for (const server of addresses.keys()) {
      attempted += 1;
      const result = await client.end(server).call(add, 1, { deadlineMs: callMaxMs });
      if (result.ok) {
        acknowledged += 1;
        return { leader: server, count: result.reply };
      }
      // Only then is it certain that nothing was proposed.
      if (result.reason === 'unreachable' || result.reason === 'declined') attempted -= 1;
    }
    await clock.sleep(20);
  }
  throw new Error(`nothing was added within ${waitMaxMs} ms`);
}

/** The count has everything that was acknowledged, and nothing twice that was not tried twice. */
function expectCount(count: number): void {
  expect(count).toBeGreaterThanOrEqual(acknowledged);
  expect(count).toBeLessThanOrEqual(attempted);
}

test('the README shows a server and a client', () => {
  expect([...programs.keys()]).toEqual(['server.mjs', 'client.mjs']);
  const lines = programs.get('server.mjs')?.trimEnd().split('\n') ?? [];
  expect(lines.length).toBeLessThanOrEqual(50);
});

test('three processes count; kill -9 of the leader loses nothing, and it comes back', async () => {
  let last = await addOne();
  for (let more = 0; more < 30; more += 1) last = await addOne();
  expectCount(last.count);

  const killed = last.leader;
  await kill(killed);
  last = await addOne();
  expect(last.leader).not.toBe(killed);
  expectCount(last.count);

  start(killed);
  for (let more = 0; more < 10; more += 1) last = await addOne();
  const other = [...addresses.keys()].find((server) => server !== killed && server !== last.leader) ?? 0;
  await kill(other);
  last = await addOne(); // needs the one that came back
  expectCount(last.count);
});

test('after kill -9 of all three the count is still there', async () => {
  for (const server of addresses.keys()) await kill(server);
  for (const server of addresses.keys()) start(server);
  expectCount((await addOne()).count);
});

test('the client of the README counts on', async () => {
  const ports = [...addresses.values()].map(({ port }) => String(port));
  const child = spawn(process.execPath, [join(folder, 'client.mjs'), ...ports]);
  const line = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text) => resolve(String(text))),
  );
  child.kill('SIGKILL');
  expect(line).toMatch(/^server [0-2]: \d+\n/);
});
