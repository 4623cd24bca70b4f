// A user's own service, through the command line: it is simulated, and its bug is found, shrunk and replayed.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { wholeSeries } from '#src/shard';
import { commandFor, violationLines } from '#src/simulate/failing-run';
import { simulateRequest } from '#src/simulate/request';
import { runSimulation } from '#src/simulate/simulate';
import { defaultStuckAfterMs } from '#src/threads/watched-threads';
import { program, runSimulate } from '../command-line.ts';
import { fixture, moduleWith, temporaryFolder } from '../modules.ts';

const bank = fixture('services/bank.ts');

test('a bug is found, shrunk to a file that replays, and shown on a page', async () => {
  const folder = temporaryFolder();
  const args = ['--seed', '28', '--runs', '1', '--service', bank, '--save', folder];
  const { code, out } = await runSimulate(...args);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^Services agree, at [\d.]+ virtual ms:\n {2}after (\d+) the services differ: \d+ \d+ \d+ on server (\d), and \d+ \d+ \d+ on server (\d)\n {2}index \1 is the command \{"id":\d+,"account":\d,"amount":\d+\}; server \2 .* snapshot up to \d+; server \3 /m,
  );
  const [, before = '0', after = '0', file = ''] =
    /shrunk +from (\d+) to (\d+) .* --replay (\S+)/.exec(out) ?? [];
  expect(Number(after)).toBeLessThan(Number(before));
  expect(out).toContain(`--replay ${file} --service ${bank}\n`);
  expect(readFileSync(join(folder, 'seed-28.html'), 'utf8').startsWith('<!doctype html>')).toBe(true);

  const replayed = await runSimulate('--replay', file, '--service', bank);
  expect(replayed.code).toBe(1);
  expect(replayed.out).toMatch(/^Services agree, at /);
  // Without the service there is no bug.
  expect((await runSimulate('--replay', file)).code).toBe(0);
});

/** A service that counts its commands. `own` replaces some of its methods. */
const counting = (own: string): string =>
  moduleWith(
    [
      'export const workload = { command: (n) => ({ n }), createService };',
      'function createService() {',
      '  let count = 0;',
      '  return {',
      '    apply() { count += 1; },',
      '    snapshot: () => Uint8Array.of(count),',
      '    restore([stored]) { count = stored; },',
      '    digest: () => count,',
      own,
      '  };',
      '}',
    ].join('\n'),
  );

describe('a service that throws is told with server, file, line, and what it did', () => {
  test.each([
    [
      'apply({ n }) { if (n > 3) throw new RangeError(`${n} is too much`); },',
      /^ {2}the service of server \d threw RangeError: (\d+) is too much \(\S+\.ts:9\) while it applied the command \{"n":\1\} at index \d+$/m,
    ],
    [
      'restore() { undefined.count; },',
      /threw TypeError: Cannot read properties of undefined \(reading 'count'\) \(\S+\.ts:9\) while it restored the snapshot up to \d+/,
    ],
    [
      "snapshot() { throw 'none'; },",
      /^ {2}the service of server \d threw the value "none" while it made its snapshot up to \d+$/m,
    ],
    [
      "digest() { throw new Error('no digest'); },",
      /threw Error: no digest \(\S+\.ts:9\) while it made its digest after 1$/m,
    ],
  ])('%s', async (own, message) => {
    // The first faults of this run are enough, so that it is shrunk in a few steps.
    const run = ['--seed', '28', '--runs', '1', '--servers', '3'];
    const { code, out } = await runSimulate(...run, '--service', counting(own), '--save', temporaryFolder());
    expect(code).toBe(1);
    expect(out).toMatch(/^ServiceFault, at [\d.]+ virtual ms:$/m);
    expect(out).toMatch(message);
    expect(out).not.toContain('storage could not be read');
  });
});

test('the key/value store and its sessions are the same on all servers, whatever fails', async () => {
  const args = ['--seed', '1', '--runs', '4', '--service', fixture('services/key-value.ts')];
  const { code, out } = await runSimulate(...args);
  expect(out).toContain('4 runs passed, 0 failed');
  expect(code).toBe(0);
});

describe('our key/value service', () => {
  test('is simulated with clients, and the operations that were checked are counted, on every storage', async () => {
    const counted = /^operations {3}(\d+) checked, \d+ without a known result$/m;
    for (const storage of ['memory', 'wal']) {
      const args = ['--seed', '7', '--runs', '3', '--service', 'kv', '--storage', storage];
      const { code, out } = await runSimulate(...args);
      expect(out).toContain('3 runs passed, 0 failed');
      expect(Number(counted.exec(out)?.[1])).toBeGreaterThan(100);
      expect(code).toBe(0);
    }
    expect((await runSimulate('--seed', '7', '--runs', '1')).out).not.toContain('operations');
  });

  test('is named in the command of a run; a module of the same name is named by its path', async () => {
    const run = { seed: 3, overrides: { storage: 'wal' }, hasReference: false } as const;
    expect(commandFor({ ...run, service: 'kv' })).toBe(
      'npm run simulate -- --seed 3 --runs 1 --storage wal --service kv',
    );
    const { code, error } = await runSimulate('--service', './kv');
    expect(code).toBe(2);
    expect(error).toContain('error: ./kv cannot be loaded: ');
  });
});

test('a run that was stopped from outside has no last events, and no heading for them', () => {
  const stopped = { property: 'Turns end', message: 'one instant', atMs: 5, recent: [] };
  expect(violationLines(stopped)).toEqual(['Turns end, at 5.000 virtual ms:', '  one instant']);
  const lines = violationLines({ ...stopped, recent: ['server 1 crashes'] });
  expect(lines.slice(-2)).toEqual(['  the last events:', '    server 1 crashes']);
});

test('a service has the same result in one thread and in two; its own make is used', async () => {
  const text = [
    "import { makeLabPeer } from '@raftlab/raft-core';",
    "import { chainWorkload } from '@raftlab/simulation';",
    'export const workload = chainWorkload;',
    'const hasty = (storage) => ({ load: () => storage.load(), write: (batch) => void storage.write(batch) });',
    'export const make = ({ storage, ...options }) => makeLabPeer({ ...options, storage: hasty(storage) });',
  ].join('\n');
  const args = [
    '--seed',
    '1',
    '--runs',
    '3',
    '--servers',
    '3',
    '--save',
    temporaryFolder(),
    '--service',
    moduleWith(text, 'hasty.js'),
  ];
  const [one, two] = [await runSimulate(...args), await runSimulate(...args, '--jobs', '2')];
  const passed = (out: string): string | undefined => /^\d+ runs passed, \d+ failed$/m.exec(out)?.[0];
  expect(one.out).toContain('One vote per term, durably');
  expect(passed(two.out)).toBe(passed(one.out));
});

test.each([
  ['export const x = 1;', /no export named "workload"; it exports x/],
  ['export const workload = { command: (n) => n };', /the export "workload" has no method createService/],
  ['export const workload = { command: 1, createService: () => ({}) };', /has no method command/],
  [
    'export const workload = { command: (n) => n, createService: () => ({ apply() {} }) };',
    /the object that workload\.createService\(\) returns has no method snapshot/,
  ],
  [
    "export { chainWorkload as workload } from '@raftlab/simulation'; export { make } from '@raftlab/raft-core';",
    /the export "make" takes 5 parameters; it must take one object/,
  ],
  ['throw new Error("not today");', /no export named "workload"|not today/],
])('a module that is not a service is rejected: %s', async (text, message) => {
  const path = moduleWith(text, 'service.js');
  const { code, error } = await runSimulate('--service', path);
  expect(code).toBe(2);
  expect(error).toContain(`error: ${path} cannot be loaded: `);
  expect(error).toMatch(message);
});

test('runs that fail by one cause are shrunk once and counted', async () => {
  const folder = temporaryFolder();
  const text = [
    "const refuse = () => { throw new Error('not this one'); };",
    'const create = () => ({ apply: refuse, snapshot: () => new Uint8Array(), restore: () => {}, digest: () => 0 });',
    'export const workload = { command: (n) => n, createService: create };',
  ].join('\n');
  const service = moduleWith(text, 'service.js');
  const args = ['--seed', '28', '--runs', '3', '--servers', '3', '--service', service, '--save', folder];
  const { code, out } = await runSimulate(...args);
  expect(code).toBe(1);
  expect(out).toMatch(/^0 runs passed, 3 failed$/m);
  expect(out).toMatch(
    /^failures by cause:\n +3 {2}ServiceFault: the service of server N threw Error: not this one .*; first seed 28$/m,
  );
  expect(out.match(/^ {2}shrunk /gm)).toHaveLength(1);
  expect(readdirSync(folder).toSorted()).toEqual(['seed-28.html', 'seed-28.json']);
});

describe('a service that never returns', () => {
  const looping = (where: string): string =>
    [
      'const spin = () => { for (;;) {} };',
      'const create = () => ({ apply: () => {}, snapshot: () => new Uint8Array(), restore: () => {}, digest: () => 0 });',
      `export const workload = { command: (n) => n, createService: create };`,
      where,
    ].join('\n');

  test('is stopped, with the line where it was', async () => {
    const path = moduleWith(looping('workload.command = spin;'), 'service.js');
    // Such code uses a whole core until it is stopped, so the test has a shorter limit than the command, and else the command's parts.
    expect(defaultStuckAfterMs).toBe(20_000);
    const stuckAfterMs = 3000;
    const flags = { jobs: 1, shard: wholeSeries, save: temporaryFolder() };
    const request = simulateRequest({ ...flags, seed: 1, runs: 1, service: path });
    if (request.kind === 'replay') throw new Error('a replay was not requested');
    let out = '';
    const print = (text: string): void => void (out += text);
    const terminal = { out: print, error: print };
    const { signal } = new AbortController();
    const logStyle = { width: undefined, hasColors: false };
    const context = { terminal, screen: undefined, signal, logStyle, stuckAfterMs };
    expect(await runSimulation(request, context)).toBe(1);
    expect(out).toContain('The service returns, at ');
    expect(out).toContain('its code has not returned for 3 s of real time; it was in spin at service.js:1');
    expect(out).toContain(`  replay   npm run simulate -- --seed 1 --runs 1 --service ${path}\n`);
  });

  test('leaves no process behind at an interrupt', async () => {
    const path = moduleWith(looping('workload.command = spin;'), 'service.js');
    const child = spawn(process.execPath, [program, 'simulate', '--runs', '1', '--service', path]);
    child.stdout.once('data', () => child.kill('SIGINT'));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
  });
});
