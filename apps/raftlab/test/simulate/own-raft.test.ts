// `simulate --impl`: a correct Raft passes; each typical mistake is found, by the property that it violates.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { traceFileSchema } from '@raftlab/trace';
import { describe, expect, test } from 'vitest';
import { runSimulate } from '../command-line.ts';
import { fixture, moduleWith, raftWith, temporaryFolder } from '../modules.ts';
import type { Mistake } from '../fixtures/mistakes.ts';
import { runnerOf } from './outside-run.ts';

describe('a correct Raft', () => {
  test.each([
    ['that sends entries with its heartbeats', () => fixture('reference-raft.ts')],
    ['whose heartbeats are empty', () => raftWith('empty heartbeats, which are no mistake')],
  ])('%s passes', async (_what, path) => {
    const run = await runnerOf(path());
    for (let seed = 1; seed <= 5; seed += 1) {
      const { violation } = await run({ seed });
      expect(violation, `seed ${seed}`).toBeUndefined();
    }
  });

  test('has the same run for the same seed, recorded or not', async () => {
    const run = await runnerOf(fixture('reference-raft.ts'));
    const [first, second] = [await run({ seed: 2 }), await run({ seed: 2, isRecorded: true })];
    expect(second.traceHash).toBe(first.traceHash);
    expect(second.faults).toEqual(first.faults);
    const other = await run({ seed: 3 });
    expect(other.traceHash).not.toBe(first.traceHash);
  });
});

/** The mistake, a seed that shows it quickly, and what is violated. */
const found: readonly (readonly [mistake: Mistake, seed: number, property: string, message: RegExp])[] = [
  [
    'two votes in a term',
    101,
    'One vote per term',
    /in term 1 server 1 voted for itself .* and for server 0/,
  ],
  [
    'election timer not reset by a heartbeat',
    57,
    'Progress without faults',
    /expected a leader that lasts.*\n {2}server 1: .*term \d+/,
  ],
  [
    'no step-down on a reply',
    120,
    'Higher terms are followed',
    /still leads term 1, but server 0 had replied to its Raft\.AppendEntries with term 2/,
  ],
  ['no step-down on a request', 87, 'Election Safety', /server 2 and server 4 have both led term 2/],
  [
    'commit with one copy too few',
    87,
    'State Machine Safety',
    /server 3 applied 19 at index 11, but server 4 applied 11/,
  ],
  ['nothing is saved', 64, 'Leader Completeness', /has lost its log.*with 0 bytes of persisted Raft state/],
  [
    'own vote not saved',
    113,
    'One vote per term',
    /for itself .* and for server 1 .*restarted at .*votedFor must be saved/,
  ],
  [
    'own term not saved',
    92,
    'Terms survive crashes',
    /sent Raft\.RequestVote with term 2, but it had sent term 3/,
  ],
  ['applied in reverse', 8, 'Applied in order', /server 0 applied index 3 after index 0: expected index 1/],
  ['nextIndex of the present applied to an older reply', 69, 'State Machine Safety', /at index 3/],
  ['last index of the present taken as acknowledged', 83, 'State Machine Safety', /at index 24/],
  ['Figure 8 rule left out', 85, 'State Machine Safety', /at index 1, but server 2 applied 2 there/],
  ['commit beyond the last verified entry', 75, 'State Machine Safety', /at index 2/],
  ['always truncating', 117, 'State Machine Safety', /at index 21/],
];

test.each(found)('%s is found with seed %i: %s', async (mistake, seed, property, message) => {
  const run = await runnerOf(raftWith(mistake));
  const { violation } = await run({ seed });
  expect(violation?.property).toBe(property);
  expect(violation?.message).toMatch(message);
});

test('a Raft that never elects a leader is explained', async () => {
  const run = await runnerOf(
    moduleWith(
      [
        'export const make = () => ({ start: () => ({ isLeader: false, term: 0 }), snapshot() {}, kill() {},',
        "getState: () => ({ isLeader: false, term: 0 }), service: { name: 'Raft', methods: new Map() } });",
      ].join('\n'),
    ),
  );
  const { violation } = await run({ seed: 1, overrides: { faultPhaseMs: 100 } });
  expect(violation?.property).toBe('Progress without faults');
  expect(violation?.message).toContain('no server has called any other');
});

describe('the command', () => {
  test('shrinks a failing run, saves it with a page, and replays it', async () => {
    const folder = temporaryFolder();
    const path = fixture('broken/forgets-its-own-vote.ts');
    const { code, out } = await runSimulate('--impl', path, '--seed', '154', '--runs', '1', '--save', folder);
    expect(code).toBe(1);
    expect(out).toMatch(/^One vote per term, at \d+\.\d+ virtual ms:$/m);
    expect(out).toContain(`  replay   npm run simulate -- --seed 154 --runs 1 --impl ${path}\n`);
    const [, after] = /shrunk {3}from \d+ to (\d+) faults and proposals/.exec(out) ?? [];
    expect(Number(after)).toBeLessThan(4);
    expect(out).not.toContain('reached:');
    // The last events are those of the shrunk run, about the term of the two votes.
    expect(out).toMatch(/^ +\d+\.\d{3} ms {2}server 1 → server \d RequestVote term 1, /m);
    expect(out).toMatch(/^ +\d+\.\d{3} ms {2}server 1 starts$/m);
    expect(readdirSync(folder).toSorted()).toEqual(['seed-154.html', 'seed-154.json']);
    const file = join(folder, 'seed-154.json');
    const trace = join(folder, 'trace.json');
    const replayed = await runSimulate('--replay', file, '--impl', path, '--trace', trace);
    expect(replayed.code).toBe(1);
    expect(replayed.out).toMatch(/^One vote per term, at /);
    expect(traceFileSchema.parse(JSON.parse(readFileSync(trace, 'utf8')))).toMatchObject({
      implementation: path,
      outcome: 'failed',
    });
    // Without the mistake the same faults are harmless.
    expect((await runSimulate('--replay', file, '--impl', fixture('reference-raft.ts'))).code).toBe(0);
  });

  test.each([
    ['throw', "throw new Error('oh');", /ImplementationFault, at [\s\S]*make threw Error: oh \(raft\.ts:1\)/],
    ['read the real clock', 'Date.now();', /RealTimeError, at [\s\S]*Date\.now was called at raft\.ts:1/],
    [
      'reject a promise',
      "environment.clock.setTimer(5, () => void Promise.reject(new Error('late')));",
      /uncaught Error: late \(raft\.ts:1\); a promise that may be rejected needs a catch/,
    ],
  ])('reports code that does %s', async (_what, code, message) => {
    const text = [
      `export const make = (environment) => { ${code}`,
      'return { start: () => ({ isLeader: false, term: 0 }), getState: () => ({ isLeader: false, term: 0 }),',
      "snapshot() {}, kill() {}, service: { name: 'Raft', methods: new Map() } }; };",
    ].join('\n');
    const folder = temporaryFolder();
    const args = [
      '--impl',
      moduleWith(text),
      '--seed',
      '1',
      '--runs',
      '1',
      '--servers',
      '3',
      '--save',
      folder,
    ];
    const { code: exitCode, out } = await runSimulate(...args);
    expect(out).toMatch(message);
    expect(exitCode).toBe(1);
  });

  test('refuses options that make no sense with it, and a module without make', async () => {
    const both = await runSimulate('--impl', 'a.ts', '--service', 'b.ts');
    expect(both.code).toBe(2);
    expect(both.error).toContain('cannot be used with');
    const path = moduleWith('export const raft = 1;');
    const missing = await runSimulate('--impl', path);
    expect(missing.code).toBe(2);
    expect(missing.error).toContain('has no export named "make"; it exports raft');
    expect(existsSync('failing-runs')).toBe(false);
  });
});
