// The clock of a simulated server satisfies the contract of Clock, and can stall and stop.
import { VirtualClock } from '@raftlab/runtime';
import { clockCompliance } from '@raftlab/runtime/compliance';
import { describe, expect, test } from 'vitest';
import { ServerClock } from '#src/server-clock';

describe('the contract of Clock', () => {
  test.each(clockCompliance.map((each) => [each.title, each] as const))('%s', async (_title, each) => {
    await each.run({
      run(program) {
        const clock = new VirtualClock();
        return clock.run(() => program(new ServerClock(clock)));
      },
    });
  });
});

function onServerClock(
  program: (server: ServerClock, clock: VirtualClock, log: string[]) => Promise<void>,
): Promise<string[]> {
  const clock = new VirtualClock();
  const log: string[] = [];
  return clock.run(async () => {
    await program(new ServerClock(clock), clock, log);
    return log;
  });
}

test('while it is paused nothing runs; afterwards all due callbacks run at once, in order', async () => {
  const log = await onServerClock(async (server, clock, events) => {
    server.setTimer(1, () => events.push('first'));
    server.defer(() => events.push('deferred'));
    server.setTimer(2, () => events.push('second'));
    server.pause();
    await clock.sleep(10);
    events.push('resumed');
    server.resume();
  });
  expect(log).toEqual(['resumed', 'deferred', 'first', 'second']);
});

test('a paused server that pauses again while it catches up keeps the rest', async () => {
  const log = await onServerClock(async (server, clock, events) => {
    server.setTimer(1, () => {
      events.push('first');
      server.pause();
    });
    server.setTimer(2, () => events.push('second'));
    server.pause();
    await clock.sleep(10);
    server.resume();
    await clock.sleep(10);
    events.push('resumed again');
    server.resume();
  });
  expect(log).toEqual(['first', 'resumed again', 'second']);
});

test('in a long turn timers and actions run together, before what they defer', async () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  await clock.run(async () => {
    const server = new ServerClock(clock, 10);
    const note = (what: string) => () => void log.push(`${what} ${clock.now()}`);
    server.setTimer(1, () => server.defer(note('deferred')));
    server.setTimer(3, note('timer'));
    clock.setTimer(7, () => server.run(note('message')));
    server.setTimer(12, note('later'));
    await clock.sleep(30);
  });
  expect(log).toEqual(['timer 10', 'message 10', 'deferred 10', 'later 20']);
});

test('it counts the time without the time for which it was paused', async () => {
  await onServerClock(async (server, clock) => {
    await clock.sleep(5);
    server.pause();
    await clock.sleep(10);
    expect(server.activeMs).toBe(5);
    server.resume();
    await clock.sleep(1);
    expect(server.activeMs).toBe(6);
  });
});

test('after it is stopped nothing runs', async () => {
  const log = await onServerClock(async (server, clock, events) => {
    server.setTimer(1, () => events.push('timer'));
    server.defer(() => events.push('deferred'));
    server.stop();
    server.run(() => events.push('action'));
    await clock.sleep(10);
  });
  expect(log).toEqual([]);
});

test('it counts the timers that have neither fired nor been cancelled', async () => {
  await onServerClock(async (server, clock) => {
    const cancelled = server.setTimer(1, () => undefined);
    server.setTimer(2, () => undefined);
    expect(() => server.setTimer(NaN, () => undefined)).toThrow(RangeError);
    expect(server.timerCount).toBe(2);
    cancelled.cancel();
    cancelled.cancel();
    expect(server.timerCount).toBe(1);
    await clock.sleep(5);
    expect(server.timerCount).toBe(0);
  });
});
