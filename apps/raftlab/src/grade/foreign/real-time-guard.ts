// In virtual time a run is a function of its seed, unless the implementation asks the real clock or draws from elsewhere.
// In a thread where this guard stands, a call of such a function from the learner's files throws; for everybody else in
// the thread the functions are what they were.
import { syncBuiltinESMExports } from 'node:module';
import type { Sources } from './source-locations.ts';

const instead = {
  now: 'clock.now() tells the time of the test',
  timer: 'clock.setTimer(ms, callback) and clock.sleep(ms) wait in the time of the test',
  turn: 'clock.defer(callback) runs after the present turn',
  chance: "the environment's random gives draws that its seed decides",
} as const;

type Callable = (...args: unknown[]) => unknown;
/** What to use instead, by the name of the function. */
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

/** `onUse` hears of every forbidden call, also when the learner's code catches what it throws. */
export function guardRealTime(sources: Sources, onUse: (error: RealTimeError) => void): void {
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

  /** Only a Date of the present is forbidden. */
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

  /** Throws when it is the learner's code that has called a function whose first frame in the stack is `trap`. */
  function check(name: string, remedy: string, trap: (...args: never[]) => unknown): void {
    const here: { stack?: string } = {};
    Error.captureStackTrace(here, trap);
    const frames = (here.stack ?? '').split('\n').slice(1);
    // Array.map and the like stand between a function and who handed it over.
    const caller = frames.find((frame) => !frame.endsWith('<anonymous>)')) ?? '';
    const place = sources.placeIn(caller);
    if (place === undefined) return;
    const error = new RealTimeError(
      `${name} was called at ${place}: in virtual time the same seed must give the same run; ${remedy}`,
    );
    onUse(error);
    throw error;
  }
}

/** The implementation has asked the real clock, or has drawn from elsewhere than the environment's random. */
export class RealTimeError extends Error {
  override readonly name: string = 'RealTimeError';
}

function isCallable(value: unknown): value is Callable {
  return typeof value === 'function';
}

function replace(owner: object, key: string, value: unknown): void {
  Object.defineProperty(owner, key, { value, configurable: true, writable: true });
}
