// The live view on a simulated terminal: its content at each moment, and that it is removed completely.
import { PassThrough } from 'node:stream';
import { SystemClock, VirtualClock } from '@raftlab/runtime';
import { lab3, type GradedTest, type TestReport } from '@raftlab/test-harness';
import { crashReport } from '#src/grade/crash-report';
import { grade } from '#src/grade/grade';
import { LiveView, screenOf } from '#src/grade/reporters/live-view';
import type { Task, TestRunner } from '#src/grade/test-runner';
import { describe, expect, test } from 'vitest';
import { FakeTerminal } from './fake-terminal.ts';
import { commandFor } from './grade-command.ts';

const [initialElection, reElection] = lab3.tests;
if (initialElection === undefined || reElection === undefined) throw new Error('two tests are needed');

function failed({ test: { id }, seed }: Task): TestReport {
  return crashReport({ id, mode: 'virtual', seed }, new Error('lost'));
}

function passed(task: Task): TestReport {
  return { ...failed(task), failure: undefined };
}

/** Runs `script` beside a view, and returns the content of the terminal at each call of `look`. */
async function watch(
  options: { tests: readonly GradedTest[]; runs: number; terminal?: FakeTerminal },
  script: (view: LiveView, clock: VirtualClock, look: () => void) => Promise<void>,
): Promise<string[][]> {
  const { terminal = new FakeTerminal(), ...request } = options;
  const clock = new VirtualClock();
  const seen: string[] = [];
  await clock.run(async () => {
    const view = new LiveView({ screen: terminal, clock, request });
    await script(view, clock, () => seen.push(terminal.written));
    view.end();
  });
  const shown: string[][] = [];
  for (const written of seen) shown.push(await terminal.show(written));
  return shown;
}

describe('the view', () => {
  test('shows which tests run and for how long, and how many have ended', async () => {
    const shown = await watch(
      { tests: [initialElection, reElection], runs: 1 },
      async (view, clock, look) => {
        const [first, second] = [initialElection, reElection].map((one) => ({ test: one, seed: 7 }));
        if (first === undefined || second === undefined) return;
        view.onStart(first);
        await clock.sleep(1010);
        view.onStart(second);
        await clock.sleep(510);
        look();
        view.onEnd(first, failed(first));
        await clock.sleep(100);
        look();
      },
    );
    expect(shown).toEqual([
      ['0 of 2 tests, 0 failed, 1.5 s', '  TestInitialElection3A  1.5 s', '  TestReElection3A       0.5 s'],
      ['1 of 2 tests, 1 failed, 1.6 s', '  TestReElection3A  0.6 s'],
    ]);
  });

  test('estimates the remaining time as soon as one of several runs has ended', async () => {
    const shown = await watch({ tests: [initialElection], runs: 5 }, async (view, clock, look) => {
      const task = { test: initialElection, seed: 7 };
      view.onStart(task);
      await clock.sleep(2010);
      look();
      view.onEnd(task, passed(task));
      view.onStart({ test: initialElection, seed: 8 });
      look();
    });
    expect(shown).toEqual([
      ['0 of 5 tests in 5 runs, 0 failed, 2.0 s', '  TestInitialElection3A  seed 7  2.0 s'],
      [
        '1 of 5 tests in 5 runs, 0 failed, 2.0 s, about 8.0 s to go',
        '  TestInitialElection3A  seed 8  0.0 s',
      ],
    ]);
  });

  test('is drawn below the text, and is removed completely', async () => {
    const terminal = new FakeTerminal();
    const shown = await watch({ tests: [initialElection], runs: 1, terminal }, async (view, clock, look) => {
      view.onStart({ test: initialElection, seed: 7 });
      view.above(() => terminal.write('one\ntwo\n'));
      await clock.sleep(310);
      view.above(() => terminal.write('three\n'));
      look();
    });
    expect(shown).toEqual([
      ['one', 'two', 'three', '0 of 1 tests, 0 failed, 0.3 s', '  TestInitialElection3A  0.3 s'],
    ]);
    expect(await terminal.show()).toEqual(['one', 'two', 'three']);
  });

  test('stops for good when another writer prints', async () => {
    const terminal = new FakeTerminal();
    const clock = new VirtualClock();
    await clock.run(async () => {
      let isOverwritten = false;
      const request = { tests: [initialElection], runs: 1 };
      const view = new LiveView({ screen: terminal, clock, request, isOverwritten: () => isOverwritten });
      await clock.sleep(150);
      isOverwritten = true;
      terminal.write('a line of somebody else\n');
      await clock.sleep(150);
      view.above(() => terminal.write('said\n'));
      view.onStart({ test: initialElection, seed: 7 });
      view.end();
    });
    expect(await terminal.show()).toEqual([
      '0 of 1 tests, 0 failed, 0.1 s',
      'a line of somebody else',
      'said',
    ]);
  });

  test('fits into a small terminal', async () => {
    const terminal = new FakeTerminal(24, 5);
    const shown = await watch({ tests: lab3.tests, runs: 1, terminal }, async (view, clock, look) => {
      for (const one of lab3.tests.slice(0, 5)) view.onStart({ test: one, seed: 7 });
      await clock.sleep(310);
      look();
    });
    expect(shown).toEqual([
      ['0 of 28 tests, 0 failed', '  TestInitialElection3A', '  TestReElection3A', '  and 3 more'],
    ]);
  });
});

test("a grading prints its lines in the lab's order, and shows which tests have ended meanwhile", async () => {
  const terminal = new FakeTerminal();
  const clock = new SystemClock();
  let secondEnds = (): void => undefined;
  const secondEnded = new Promise<void>((resolve) => (secondEnds = resolve));
  let meanwhile = '';
  const runner: TestRunner = {
    async grade(task) {
      if (task.test === reElection) {
        secondEnds();
        return passed(task);
      }
      await secondEnded;
      await new Promise<void>((resolve) => clock.defer(resolve));
      meanwhile = terminal.written;
      return failed(task);
    },
    close: () => Promise.resolve(),
  };
  const code = await grade(commandFor({ tests: [initialElection, reElection], jobs: 2 }), {
    terminal: { out: (text) => void terminal.write(text), error: () => undefined },
    screen: terminal,
    signal: new AbortController().signal,
    runner,
  });
  expect(code).toBe(1);
  expect(await terminal.show(meanwhile)).toEqual([
    expect.stringMatching(/^1 of 2 tests, 0 failed, \d\.\d s$/),
    expect.stringMatching(/^ {2}TestInitialElection3A {2}\d\.\d s$/),
  ]);
  const shown = await terminal.show();
  expect(shown.filter((line) => /^Test|\.\.\. (Passed|FAILED)/.test(line))).toEqual([
    'Test (3A): initial election ...',
    '  ... FAILED -- Error: lost',
    'Test (3A): election after network failure ...',
    expect.stringMatching(/^ {2}\.\.\. Passed/),
  ]);
  expect(shown.join('\n')).not.toContain('of 2 tests');
  expect(shown).toContain('1 passed, 1 failed');
});

describe('the view is drawn', () => {
  const lab = [{ name: 'lab' }] as const;
  const json = [{ name: 'json' }, { name: 'lab', file: 'text' }] as const;

  test.each([
    ['if both are terminals', true, true, {}, lab, true],
    ['not if the text goes into a pipe', false, true, {}, lab, false],
    ['if a document goes into a pipe', false, true, {}, json, true],
    ['not if standard error is not a terminal', true, false, {}, lab, false],
    ['not in CI', true, true, { CI: 'true' }, lab, false],
    ['if CI is false', true, true, { CI: 'false' }, lab, true],
    ['not on a terminal that cannot move its cursor', true, true, { TERM: 'dumb' }, lab, false],
  ])('%s', (_name, isOutTerminal, isErrorTerminal, env, reporters, isDrawn) => {
    const stderr = Object.assign(new PassThrough(), { isTTY: isErrorTerminal });
    const screen = screenOf({ stdout: { isTTY: isOutTerminal }, stderr, env }, reporters);
    expect(screen).toBe(isDrawn ? stderr : undefined);
  });
});
