export { type CancelSignal, type Clock, sleepOn, type Timer } from './clock.ts';
export { Random } from './random.ts';
export { SystemClock } from './system-clock.ts';
export { DeadlockError, VirtualClock } from './virtual-clock.ts';
