// The environment of a clerk, which ends with the test: clerks retry indefinitely, and would continue after it, in real time
// during the next test.
import type { ClientEnd } from '@raftlab/rpc';
import type { Clock, Timer } from '@raftlab/runtime';
import type { TestCourse } from '../../cluster/test-course.ts';

const never = <Value>(): Promise<Value> => new Promise(() => undefined);
const noTimer: Timer = { cancel: () => undefined };

/** The end; calls that are made after the test never settle. */
export function endUntil(course: TestCourse, end: ClientEnd): ClientEnd {
  return { call: (method, args) => (course.isEnding ? never() : end.call(method, args)) };
}

/** The clock; after the test no timer fires and no sleep ends. */
export function clockUntil(course: TestCourse, clock: Clock): Clock {
  const unlessEnded = (callback: () => void) => (): void => {
    if (!course.isEnding) callback();
  };
  return {
    now: () => clock.now(),
    setTimer: (delayMs, callback) =>
      course.isEnding ? noTimer : clock.setTimer(delayMs, unlessEnded(callback)),
    sleep: (delayMs, signal) =>
      course.isEnding
        ? never()
        : clock.sleep(delayMs, signal).then(() => (course.isEnding ? never() : undefined)),
    defer: (callback) => clock.defer(unlessEnded(callback)),
    breathe: () => (course.isEnding ? never() : clock.breathe()),
    watch: (promise, describe) => clock.watch(promise, describe),
  };
}
