// The bound on tasks that run at the same time.
import { expect, test } from 'vitest';
import { CallSignal } from '#src/call-signal';
import { Gate } from '#src/gate';

/** A task that ends when the test says so. */
function task(): {
  readonly run: () => Promise<void>;
  readonly hasBegun: () => boolean;
  readonly end: () => void;
} {
  let end = (): void => undefined;
  let begun = false;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = (): Promise<void> => {
    begun = true;
    return ended;
  };
  return { run, hasBegun: () => begun, end: () => end() };
}

const settle = (): Promise<unknown> => Promise.allSettled(Array.from({ length: 5 }, () => Promise.resolve()));

test('no more tasks run than there are places; the one that has waited longest is next', async () => {
  const gate = new Gate(2);
  const tasks = [task(), task(), task(), task()];
  const passed = tasks.map(({ run }) => gate.pass(new CallSignal(), run));
  expect(tasks.map(({ hasBegun }) => hasBegun())).toEqual([true, true, false, false]);
  tasks[1]?.end();
  await passed[1];
  await settle();
  expect(tasks.map(({ hasBegun }) => hasBegun())).toEqual([true, true, true, false]);
  for (const { end } of tasks) end();
  await Promise.all(passed);
});

test('a task whose signal is aborted while it waits never runs, and takes no place', async () => {
  const gate = new Gate(1);
  const [first, second, third] = [task(), task(), task()];
  const signal = new CallSignal<string>();
  const passed = gate.pass(new CallSignal(), first.run);
  const waiting = gate.pass(signal, second.run);
  const last = gate.pass(new CallSignal(), third.run);
  signal.abort('enough');
  await expect(waiting).rejects.toBe('enough');
  first.end();
  await passed;
  await settle();
  expect([second.hasBegun(), third.hasBegun()]).toEqual([false, true]);
  third.end();
  await last;
});

test('a task that fails leaves its place', async () => {
  const gate = new Gate(1);
  const failing = gate.pass(new CallSignal(), () => Promise.reject(new Error('broken')));
  await expect(failing).rejects.toThrow('broken');
  expect(await gate.pass(new CallSignal(), () => Promise.resolve('next'))).toBe('next');
});
