// A learner's key/value service, graded through the command line: one that is right, typical mistakes, and modules that cannot be
// graded.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runGrade } from '../../command-line.ts';
import { fixture, moduleWith, temporaryFolder } from '../../modules.ts';
import { gradeHere } from './grade-here.ts';

const reference = readFileSync(fixture('reference-kv.ts'), 'utf8');

/** A text of the reference service, and what takes its place. */
type Change = readonly [find: string, replace: string];

/** The path of the reference service with these changes. */
function broken(...changes: readonly Change[]): string {
  let text = reference;
  for (const [find, replace] of changes) {
    if (text.split(find).length !== 2) throw new Error(`the reference service has not once: ${find}`);
    text = text.replace(find, () => replace);
  }
  const folder = temporaryFolder();
  copyFileSync(fixture('reference-raft.ts'), join(folder, 'reference-raft.ts'));
  const path = join(folder, 'kv.ts');
  writeFileSync(path, text);
  return path;
}

const grade = (path: string, ...args: readonly string[]) =>
  runGrade(...args, '--seed', '1', '--no-trace', '--impl', path);

describe('a service that is right', () => {
  test('passes on its own Raft and on ours', async () => {
    const path = fixture('reference-kv.ts');
    const own = await grade(path, 'unreliableOneKey', 'onePartition', 'snapshotRPC');
    expect(own.out).toContain('3 passed, 0 failed');
    const ours = await grade(path, 'unreliableOneKey', '--raft', 'ours');
    expect(ours.out).toContain('1 passed, 0 failed');
    expect([own.code, ours.code]).toEqual([0, 0]);
  });

  test('is replaced by ours when a module has only a Raft', async () => {
    const { out } = await grade(fixture('reference-raft.ts'), 'onePartition', 'rsm.basic');
    expect(out).toContain('2 passed, 0 failed');
  });
});

describe('typical mistakes', () => {
  test.each<[what: string, changes: readonly Change[], id: string, message: RegExp]>([
    [
      'no duplicate detection',
      [['if (known?.number === number) return known.value;', 'void known;']],
      'unreliableOneKey',
      /duplicate element x \d \d y/,
    ],
    [
      'an answer without a look at the term',
      [
        ['waiting.term === term ? { isDone: true, value } : notDone', '{ isDone: true, value }'],
        ['if (isLeader && waiting.term === term) continue;', 'if (isLeader || term > 0) continue;'],
        ['const patienceMs = 500;', 'const patienceMs = 100_000;'],
      ],
      'onePartition',
      /Get\("1"\): expected "15", received "16"/,
    ],
    [
      'a get outside the log',
      [
        [
          'if (!isLeader) return notDone;',
          "if (!isLeader) return notDone;\n    if (request.kind === 'get') return { isDone: true, value: this.#values[request.key] ?? '' };",
        ],
      ],
      'onePartition',
      /Get in minority completed/,
    ],
    [
      'a table of clerks that is lost in the snapshot',
      [['clerks: this.#clerks }', 'clerks: {} }']],
      'snapshotUnreliableRecover4B',
      /duplicate element|get wrong value/,
    ],
    [
      'a clerk that waits a fixed time for each operation',
      [
        [
          'const answer = await this.#attempt(request);',
          'await clock.sleep(40);\n      const answer = await this.#attempt(request);',
        ],
      ],
      'speed4A',
      /Operations completed too slowly 4\d\.\d+ ms\/op > 33\.333 ms\/op/,
    ],
  ])('%s', async (_what, changes, id, message) => {
    const { code, out } = await gradeHere(broken(...changes), id, { isOnOurRaft: true });
    expect(out).toMatch(message);
    expect(out).toMatch(/replay .* --seed 1 --impl .*kv\.ts --raft ours\n/);
    expect(code).toBe(1);
  });
});

describe('faults are reported with the line of the learner', () => {
  test.each([
    [
      'a handler that throws',
      'const { isLeader, index = 0, term } = this.#raft.start(request);',
      "const { isLeader, index = 0, term } = this.#raft.start(request);\n    if (index > 2) throw new Error('oh');",
      /ImplementationFault: server \d: the handler of KVServer\.Execute threw Error: oh \(kv\.ts:\d+\)/,
    ],
    [
      'an apply that throws',
      'const value = this.#apply(operation.parse(message.command));',
      "const value = this.#apply(operation.parse(message.command));\n    if (index > 2) throw new Error('oh');",
      /ImplementationFault: server \d: applyCh threw Error: oh \(kv\.ts:\d+\)/,
    ],
    [
      'a get that gives no string',
      'return answer.value;',
      'return Object(answer.value.length);',
      /ImplementationFault: a clerk: get returned \[Number: \d+\]; expected a string/,
    ],
    [
      'a clerk without append',
      'async append(key',
      'async prepend(key',
      /ImplementationFault: a clerk: makeClerk returned .*; expected: a clerk with the methods get, put and append/,
    ],
    [
      'a loop that goes on after kill',
      'while (!this.#isKilled) {',
      'for (;;) {',
      /ImplementationFault: server \d: it goes to sleep \d+ ms after it was killed; kill must end its loops and timers/,
    ],
  ])('%s', async (_what, find, replace, message) => {
    const { code, out } = await gradeHere(broken([find, replace]), 'unreliableOneKey', { isOnOurRaft: true });
    expect(out).toMatch(message);
    expect(code).toBe(1);
  });

  test('real time', async () => {
    const find = 'const { ends, clock } = this.#environment;\n    for';
    const path = broken([find, find.replace('for', 'Date.now();\n    for')]);
    const { code, out } = await grade(path, 'unreliableOneKey', '--raft', 'ours');
    expect(out).toMatch(/RealTimeError: Date\.now was called at kv\.ts:\d+/);
    expect(code).toBe(1);
  });
});

test.each([
  [
    'export const make = 1;\n',
    ['4A', '--raft', 'ours'],
    /has no export named "startKVServer"; it exports make/,
  ],
  ['export const startKVServer = 1;\n', ['4A'], /has no export named "make"; it exports startKVServer/],
  [
    'export const startKVServer = 1;\nexport const makeClerk = 1;\n',
    ['4A', '--raft', 'ours'],
    /the export "startKVServer" must be a function, got number/,
  ],
  [
    'export const make = () => 1;\nexport const makeClerk = () => 1;\n',
    ['4A'],
    /the export "startKVServer" must be a function, got undefined/,
  ],
  [
    '',
    ['3A', '--raft', 'ours'],
    /--raft ours grades a key\/value service on our Raft, and TestInitialElection3A grades/,
  ],
  ['', ['rsm', '--raft', 'ours'], /and rsm\.TestBasic4A grades the Raft; name tests of 4A and 4B/],
])('a module with %j and the command %j is refused: %s', async (text, args, message) => {
  const { code, error } = await runGrade(...args, '--impl', moduleWith(text, 'kv.ts'));
  expect(error).toMatch(message);
  expect(code).toBe(2);
});

test('--raft without a module is refused', async () => {
  const { code, error } = await runGrade('4A', '--raft', 'ours');
  expect(error).toContain('--raft says what a service of your own runs on; add --impl <file>.');
  expect(code).toBe(2);
});
