// In virtual time a run is a function of its seed, unless the implementation reads the real clock or uses another source of
// randomness. In a guarded thread, a call of such a function from the learner's files throws; calls from other code are unchanged.
import { syncBuiltinESMExports } from 'node:module';
import type { SourceFiles } from '../../threads/source-files.ts';

const instead = {
  now: 'clock.now() returns the time of the test',
  timer: 'clock.setTimer(ms, callback) and clock.sleep(ms) wait in the time of the test',
  turn: 'clock.defer(callback) runs after the present turn',
  chance: "the environment's random draws numbers from its seed",
} as const;

type Callable = (...args: unknown[]) => unknown;
/** The remedy, by the name of the function. */
type Names = Readonly<Record<string, string>>;

function forbiddenFunctions(): ReadonlyArray<readonly [owner: object, prefix: string, names: Names]> {
  const { now, timer, turn, chance } = instead;
  const timers: Names = { setTimeout: timer, setInterval: timer, setImmediate: turn };
  const draws: Names = {
    randomInt: chance,
    randomUUID: chance,
    randomBytes: chance,
    randomFill: chance,
    randomFillSync: chance,
  };
  return [
    [globalThis, '', timers],
    [process.getBuiltinModule('node:timers'), 'timers.', timers],
    [process.getBuiltinModule('node:timers/promises'), 'timers/promises ', timers],
    [process.getBuiltinModule('node:perf_hooks').performance, 'performance.', { now }],
    [Math, 'Math.', { random: chance }],
    [process, 'process.', { hrtime: now, uptime: now }],
    [Object(Reflect.get(process, 'hrtime')), 'process.hrtime.', { bigint: now }],
    [globalThis.crypto, 'crypto.', { randomUUID: chance, getRandomValues: chance }],
    [process.getBuiltinModule('node:crypto'), 'crypto.', draws],
    [AbortSignal, 'AbortSignal.', { timeout: timer }],
  ];
}

/** `onUse` is called for every forbidden call, even when the learner's code catches the error. */
export function guardRealTime(sources: SourceFiles, onUse: (error: RealTimeError) => void): void {
  for (const [owner, prefix, names] of forbiddenFunctions()) {
    for (const [key, remedy] of Object.entries(names)) guard(owner, key, { name: `${prefix}${key}`, remedy });
  }
  guardDate();
  syncBuiltinESMExports();

  function guard(owner: object, key: string, { name, remedy }: { name: string; remedy: string }): void {
    const original: unknown = Reflect.get(owner, key);
    if (!isCallable(original)) throw new TypeError(`this Node has no ${name}`);
    const trap = (target: Callable, self: unknown, args: unknown[]): unknown => {
      check(name, remedy, trap);
      return Reflect.apply(target, self, args);
    };
    replace(owner, key, new Proxy(original, { apply: trap }));
  }

  /** Only the current Date is forbidden. */
  function guardDate(): void {
    const original: unknown = Reflect.get(globalThis, 'Date');
    if (!isCallable(original)) throw new TypeError('this Node has no Date');
    guard(original, 'now', { name: 'Date.now', remedy: instead.now });
    const apply = (target: Callable, self: unknown, args: unknown[]): unknown => {
      check('Date', instead.now, apply);
      return Reflect.apply(target, self, args);
    };
    const construct = (target: Callable, args: unknown[]): object => {
      if (args.length === 0) check('new Date', instead.now, construct);
      return Object(Reflect.construct(target, args));
    };
    replace(globalThis, 'Date', new Proxy(original, { apply, construct }));
  }

  /** Throws if the learner's code has called the function; `trap` is the first frame below the call. */
  function check(name: string, remedy: string, trap: (...args: never[]) => unknown): void {
    const here: { stack?: string } = {};
    Error.captureStackTrace(here, trap);
    const frames = (here.stack ?? '').split('\n').slice(1);
    // Array.map and the like appear between a callback and the code that passed it.
    const caller = frames.find((frame) => !frame.endsWith('<anonymous>)')) ?? '';
    const location = sources.locationIn(caller);
    if (location === undefined) return;
    const error = new RealTimeError(
      `${name} was called at ${location}: in virtual time the same seed must give the same run; ${remedy}`,
    );
    onUse(error);
    throw error;
  }
}

/** The implementation has read the real clock, or has used randomness other than the environment's. */
export class RealTimeError extends Error {
  override readonly name: string = 'RealTimeError';
}

function isCallable(value: unknown): value is Callable {
  return typeof value === 'function';
}

function replace(owner: object, key: string, value: unknown): void {
  Object.defineProperty(owner, key, { value, configurable: true, writable: true });
}
