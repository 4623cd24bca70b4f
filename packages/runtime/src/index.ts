export { type CancelSignal, type Clock, SleepAbortedError, sleepOn, type Timer } from './clock.ts';
export { DeadlockError } from './deadlock-error.ts';
export { Random } from './random.ts';
export { SystemClock } from './system-clock.ts';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock.ts';
