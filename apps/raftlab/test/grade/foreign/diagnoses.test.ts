// Errors in a learner's module, each with its message and its line. The time limit is short if a test waits for it, and
// otherwise the default.
import { dirname, join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runGrade, spawnRaftlab } from '../../command-line.ts';
import { fixture, moduleWith, temporaryFolder } from '../../modules.ts';
import { gradeHere } from './grade-here.ts';

describe('a module that cannot be loaded: nothing is graded, exit status 2', () => {
  test.each([
    ['a syntax error', 'export const make = 1;\nlet x = ;\n', /raft\.ts:2:9: Unexpected ";"\n +let x = ;/],
    ['a minified program', `${'n += 1; '.repeat(99)}let x = ;`, /raft\.ts:1:801: Unexpected ";"\n$/],
    ['no text at all', 'x \u001B[2J\u0000 y', /raft\.ts:1:3: Expected ";" but found "\\x1b"\n$/],
    ['no make', 'export const create = 1;\n', /raft\.ts has no export named "make"; it exports create/],
    ['no exports', '// nothing\n', /raft\.ts has no export named "make"; it exports nothing/],
    [
      'make is not a function',
      'export const make = 1;\n',
      /the export "make" must be a function, got number/,
    ],
    ['a missing file', "import './log.ts';\n", /raft\.ts:1:8: Could not resolve "\.\/log\.ts"/],
    [
      'a missing package',
      "import '@raftlab/rafts';\n",
      /raft\.ts:1:8: there is no @raftlab\/rafts; what you need is in @raftlab\/test-harness\/learner/,
    ],
    ['a throw', "\nthrow new TypeError('oh');\nexport const make = 1;\n", /TypeError: oh \(raft\.ts:2\)/],
    [
      'the real clock',
      'const start: number = Date.now();\nexport const make = () => start;\n',
      /Date\.now was called at raft\.ts:1: .* clock\.now\(\) returns the time/,
    ],
  ])('%s', async (_what, text, message) => {
    const path = moduleWith(text);
    const { code, out, error } = await runGrade('3A', '--impl', path);
    expect(error).toMatch(message);
    expect(error).toContain(`error: ${path} cannot be loaded: `);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test('no file, and a folder', async () => {
    const missing = await runGrade('3A', '--impl', 'no-such-file.ts');
    expect(missing.error).toContain(`there is no file ${join(process.cwd(), 'no-such-file.ts')}`);
    expect(missing.code).toBe(2);
    const folder = await runGrade('3A', '--impl', dirname(fixture('reference-raft.ts')));
    expect(folder.error).toContain('cannot be loaded: it is not a file');
    expect(folder.code).toBe(2);
  });

  test('an endless loop', async () => {
    const path = moduleWith('let n = 0;\nfor (;;) n += 1;\nexport const make = n;\n');
    const { code, error } = await runGrade('3A', '--impl', path, '--time-limit', '1');
    expect(error).toMatch(/no end after 1 s of real time \(--time-limit\); it was in raft\.ts:2/);
    expect(code).toBe(2);
  });

  test.each([
    [['--time-limit', '5'], /--time-limit limits an implementation of your own/],
    [['--impl', 'raft.ts', '--storage', 'slow-disk'], /--storage applies to our Raft/],
    [['--impl', 'raft.ts', '--time-limit', '0'], /whole number from 1/],
  ])('%j is an invalid command', async (args, message) => {
    const { code, error } = await runGrade('3A', ...args);
    expect(error).toMatch(message);
    expect(code).toBe(2);
  });
});

/** A peer with the given parts, in JavaScript; the first part is in line 4. */
function peer({ begin = '', parts = '' }: { begin?: string; parts?: string }): string {
  return [
    "import { bind, makeService, valueMethod } from '@raftlab/test-harness/learner';",
    "import { z } from 'zod';",
    'export function make({ peers, me, clock, random, applyCh, persister }) {',
    begin,
    '  return {',
    '    start: () => ({ isLeader: false, term: 0 }),',
    '    getState: () => ({ term: 0, isLeader: false }),',
    '    snapshot: () => undefined,',
    '    kill: () => undefined,',
    "    service: makeService('Raft', []),",
    parts,
    '  };',
    '}',
  ].join('\n');
}

const message = '{ commandValid: true, snapshotValid: false, command: 1, commandIndex: 1, commandTerm: 1 }';

describe('a faulty peer fails its test, exit status 1', () => {
  test.each([
    [
      'make waits',
      { begin: 'return Promise.resolve(1);' },
      /server 0: make returned a promise; expected without waiting: a peer/,
    ],
    [
      'no kill',
      { parts: 'kill: undefined,' },
      /server 0: make returned \{.* expected: a peer with the methods start,/,
    ],
    [
      'no service',
      { parts: 'service: undefined,' },
      /the peer's service is undefined; expected: .*makeService\('Raft'/,
    ],
    [
      'getState in Go',
      { parts: 'getState: () => [1, true],' },
      /server 0: getState returned \[ 1, true \]; expected: \{ term, isLeader \}/,
    ],
    [
      'getState throws',
      { parts: 'getState: () => me.x.y,' },
      /server 0: getState threw TypeError: .* \(raft\.ts:11\)/,
    ],
    [
      'a timer throws',
      { begin: 'clock.setTimer(5, () => me.x.y);' },
      /server 0: a timer threw TypeError: .* \(raft\.ts:4\)/,
    ],
    [
      'a deferred callback throws',
      { begin: 'clock.defer(() => me.x.y);' },
      /server 0: a deferred callback threw TypeError: .* \(raft\.ts:4\)/,
    ],
    [
      'an error with a stack of its own',
      { begin: "throw Object.assign(new Error('odd'), { stack: [1] });" },
      /ImplementationFault: server 0: make threw Error: odd\n/,
    ],
    [
      'an error that cannot be read',
      { begin: "throw Object.defineProperty(new Error(), 'message', { get: () => me.x.y });" },
      /server 0: make threw an error that throws when it is read\n/,
    ],
    [
      'an error with a cause',
      { begin: "try { me.x.y; } catch (cause) { throw new Error('no state', { cause }); }" },
      /make threw Error: no state, because of TypeError: Cannot read .* \(raft\.ts:4\)/,
    ],
    [
      'a call by name, as in Go',
      { begin: "clock.setTimer(5, () => void peers[1].call('Raft.RequestVote', {}));" },
      /server 0: call was given 'Raft\.RequestVote'; expected: a method: valueMethod\(.* \(raft\.ts:4\)/,
    ],
    [
      'a bad apply message',
      { begin: 'clock.setTimer(5, () => applyCh({ command: 1, index: 1 }));' },
      /server 0: applyCh was given \{ command: 1, index: 1 \}; expected: \{ commandValid: true, .* \(raft\.ts:4\)/,
    ],
    [
      'save of one thing',
      { begin: 'persister.save(new Uint8Array(1));' },
      /the snapshot is not one \(raft\.ts:4\)/,
    ],
    [
      'save of text',
      { begin: "persister.save('state', new Uint8Array(1));" },
      /the Raft state is not one \(raft\.ts:4\)/,
    ],
    [
      'an unserializable value',
      {
        begin:
          "const x = valueMethod('Raft.X', { args: z.unknown(), reply: z.unknown() }); " +
          'clock.setTimer(5, () => void peers[1].call(x, { log: [1, () => 2] }));',
      },
      /server 0: a call cannot be sent: CodecError: cannot encode Raft\.X arguments at log\[1\]: a function cannot be serialized \(raft\.ts:4\)/,
    ],
    [
      'an unknown method',
      {
        begin:
          "const x = valueMethod('Raft.X', { args: z.unknown(), reply: z.unknown() }); " +
          'clock.setTimer(5, () => void peers[1].call(x, 1));',
      },
      /RpcError: Raft\.X: service "Raft" has no method "X"; it has none/,
    ],
    [
      'a handler that returns nothing',
      {
        begin:
          "const x = valueMethod('Raft.X', { args: z.unknown(), reply: z.unknown() }); " +
          'if (me === 1) for (const ms of [5, 15]) clock.setTimer(ms, () => void peers[0].call(x, 1));',
        parts: "service: makeService('Raft', [bind(x, () => undefined)]),",
      },
      /server 0 gave no answer to 2 calls, the last of them Raft\.X at 15\.000 ms: its handler returned undefined/,
    ],
    [
      'silence',
      {},
      /expected one leader, got none\n +no server has called any other: an election needs RequestVote/,
    ],
  ])('%s', async (_what, parts, diagnosis) => {
    const { code, out } = await gradeHere(moduleWith(peer(parts), 'raft.js'), 'initialElection');
    expect(out.replaceAll('raft.js', 'raft.ts')).toMatch(diagnosis);
    expect(code).toBe(1);
  });

  test.each([
    [
      'make throws',
      { begin: 'nothing();' },
      /server 0: make threw ReferenceError: nothing is not.* \(raft\.ts:4\)/,
    ],
    [
      'a rejection',
      { begin: "(async () => { await clock.sleep(5); throw new RangeError('lost'); })();" },
      /uncaught RangeError: lost \(raft\.ts:4\); a promise that may be rejected needs a catch/,
    ],
    [
      'a rejection that is not an Error',
      { begin: 'void Promise.reject({ term: 1 });' },
      /uncaught the value \{ term: 1 \}; a promise that may be rejected needs a catch/,
    ],
    [
      'a loop that applies and then throws',
      { begin: `(async () => { await applyCh(${message}); me.x.y; })();` },
      /uncaught TypeError: .* \(raft\.ts:4\)/,
    ],
    [
      'a thread that ends',
      { begin: 'process.exit(3);' },
      /the implementation has ended its thread, with exit code 3/,
    ],
    [
      'unbounded memory',
      { begin: 'const all = []; for (;;) all.push(new Array(1e5).fill(1.5));' },
      /the implementation has filled its memory \(512 MB\): something grows without bound/,
    ],
    [
      'unbounded buffers',
      { begin: 'const all = []; for (;;) all.push(Buffer.alloc(1e7, 1));' },
      /more than 1536 MB of memory since the test began: .*; it was in make at raft\.ts:4/,
    ],
  ])('in a thread of its own: %s', async (_what, parts, diagnosis) => {
    const { code, out } = await runGrade(
      'initialElection',
      '--seed',
      '1',
      '--impl',
      moduleWith(peer(parts), 'raft.js'),
    );
    expect(out.replaceAll('raft.js', 'raft.ts')).toMatch(diagnosis);
    expect(code).toBe(1);
  });

  test.each([
    ['awaits', '(async () => { for (;;) await null; })();'],
    ['defers', 'const again = () => clock.defer(again); again();'],
    ['sets timers', 'const again = () => clock.setTimer(0, again); again();'],
  ])('an endless loop that %s is located where it continues', async (_how, begin) => {
    const path = moduleWith(peer({ begin }), 'raft.js');
    const { code, out } = await runGrade(
      'initialElection',
      '--seed',
      '1',
      '--impl',
      path,
      '--time-limit',
      '1',
    );
    expect(out).toMatch(/no end after 1 s of real time \(--time-limit\); it was in (again at )?raft\.js:4;/);
    expect(code).toBe(1);
  });

  test('start that returns no index', async () => {
    const parts = 'start: () => ({ isLeader: true, term: 1 }),';
    const { code, out } = await gradeHere(moduleWith(peer({ parts }), 'raft.js'), 'basicAgree');
    expect(out).toContain(
      'start returned { isLeader: true, term: 1 }; expected: { isLeader: false, term } or',
    );
    expect(code).toBe(1);
  });

  test.each([
    ['clock.sleep', 'goes to sleep', 'await clock.sleep(100);'],
    ['clock.setTimer', 'sets a timer', 'await new Promise((resolve) => clock.setTimer(100, resolve));'],
  ])('a loop over %s that continues after kill', async (_what, deed, wait) => {
    const reference = fixture('reference-raft.ts');
    const path = moduleWith(
      [
        `import { make as makeReference } from '${reference}';`,
        'export function make(environment) {',
        '  const { clock } = environment;',
        '  void (async () => {',
        `    for (;;) ${wait}`,
        '  })();',
        '  return makeReference(environment);',
        '}',
      ].join('\n'),
    );
    const { code, out } = await gradeHere(path, 'basicAgree');
    expect(out).toMatch(new RegExp(`it ${deed} 1\\d\\d\\d ms after it was killed; .* \\(raft\\.ts:5\\)`));
    expect(code).toBe(1);
  });

  test('a peer that applies after kill', async () => {
    const reference = fixture('reference-raft.ts');
    const path = moduleWith(
      [
        `import { make as makeReference } from '${reference}';`,
        'export function make(environment) {',
        '  const { applyCh, clock } = environment;',
        '  let held;',
        '  clock.setTimer(2500, () => void applyCh(held));',
        '  return makeReference({ ...environment, applyCh: (message) => applyCh((held = message)) });',
        '}',
      ].join('\n'),
    );
    const { out } = await gradeHere(path, 'persist13C');
    expect(out).toMatch(/it still applies \d+ ms after it was killed; .* \(raft\.ts:5\)/);
  });
});

describe('real time and randomness in virtual time', () => {
  /** The expression, and the name under which it is reported. */
  const uses = [
    ['Date.now()', 'Date.now'],
    ['new Date()', 'new Date'],
    ['Date()', 'Date'],
    ['performance.now()', 'performance.now'],
    ['process.hrtime()', 'process.hrtime'],
    ['process.hrtime.bigint()', 'process.hrtime.bigint'],
    ['process.uptime()', 'process.uptime'],
    ['setTimeout(() => 1, 1)', 'setTimeout'],
    ['setInterval(() => 1, 1)', 'setInterval'],
    ['setImmediate(() => 1)', 'setImmediate'],
    ['pause(10)', 'timers/promises setTimeout'],
    ['AbortSignal.timeout(10)', 'AbortSignal.timeout'],
    ['Math.random()', 'Math.random'],
    ['[1].map(Math.random)', 'Math.random'],
    ['crypto.randomUUID()', 'crypto.randomUUID'],
    ['crypto.getRandomValues(new Uint8Array(1))', 'crypto.getRandomValues'],
    ['randomInt(5)', 'crypto.randomInt'],
    ['nodeCrypto.randomBytes(5)', 'crypto.randomBytes'],
  ] as const;

  test('are reported by name, with the line, even if the error is caught', async () => {
    // Every test uses the next expression, from line 6 on.
    const text = [
      "import { setTimeout as pause } from 'node:timers/promises';",
      "import nodeCrypto, { randomInt } from 'node:crypto';",
      'let next = 0;',
      'export function make({ me }) {',
      '  const uses = [',
      ...uses.map(([expression]) => `    () => ${expression},`),
      '  ];',
      '  try {',
      '    if (me === 0) uses[next++ % uses.length]();',
      '  } catch {}',
      '}',
    ].join('\n');
    const { code, out } = await runGrade('--seed', '1', '--no-trace', '--impl', moduleWith(text, 'raft.js'));
    const reported = [...out.matchAll(/FAILED -- (.*: in virtual time)/g)].map(([, found]) => found);
    expect(reported.slice(0, uses.length)).toEqual(
      uses.map(
        ([, name], offset) => `RealTimeError: ${name} was called at raft.js:${6 + offset}: in virtual time`,
      ),
    );
    expect(code).toBe(1);
  });

  test('microtasks, a Date of a given time, and the real clock in real time are allowed', async () => {
    const reference = fixture('reference-raft.ts');
    const text = [
      `import { make as makeReference } from '${reference}';`,
      'export function make(environment) {',
      '  queueMicrotask(() => new Date(0).getTime());',
      '  // In real time only.',
      '  return makeReference(environment);',
      '}',
    ].join('\n');
    expect((await runGrade('initialElection', '--seed', '1', '--impl', moduleWith(text))).code).toBe(0);
    const inRealTime = text.replace(/ {2}\/\/.*/, '  Date.now(); Math.random(); setTimeout(() => 1, 1);');
    expect((await runGrade('initialElection', '--real', '--impl', moduleWith(inRealTime))).code).toBe(0);
  });
});

test("output is not lost, not even before an endless loop, and is separate from the grader's output", async () => {
  const text = [
    'export const make = () => {',
    "  for (let n = 1; n <= 3000; n += 1) console.log('line', n);",
    '  for (;;);',
    '};',
  ].join('\n');
  const path = moduleWith(text);
  const args = ['initialElection', '--seed', '1', '--impl', path, '--time-limit', '1'];
  const { out, error } = await spawnRaftlab(['grade', ...args]);
  expect(error.trimEnd().split('\n')).toEqual(Array.from({ length: 3000 }, (_, n) => `line ${n + 1}`));
  expect(out).not.toContain('line 1');
});

test('a module may import neighbouring files and its own libraries, and may be anywhere', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a folder (1)/node_modules/pick'), { recursive: true });
  const write = (name: string, text: string): void => writeFileSync(join(folder, 'a folder (1)', name), text);
  write('node_modules/pick/index.js', 'export const pick = (list) => list[0].missing.name;');
  write('node_modules/pick/package.json', '{ "name": "pick", "type": "module", "main": "index.js" }');
  write('first.ts', "import { pick } from 'pick';\n\nexport const first = (list: number[]) => pick(list);\n");
  write('raft.ts', "import { first } from './first.ts';\nexport const make = () => first([1]);\n");
  const path = join(folder, 'a folder (1)', 'raft.ts');
  const { out } = await runGrade('initialElection', '--seed', '1', '--impl', path);
  expect(out).toMatch(/make threw TypeError: .*'name'\) \(node_modules\/pick\/index\.js:1\)/);
  expect(out).toContain(`--impl '${path}'`);
});
