export type { CancelSignal, Clock, Timer } from './clock.ts';
export { Random } from './random.ts';
export { SystemClock } from './system-clock.ts';
export { DeadlockError, VirtualClock } from './virtual-clock.ts';
