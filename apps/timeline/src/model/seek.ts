// Where in a run: the event of an instant, and the states of all servers after an event.
import { keyframeInterval, type Run } from './run.ts';
import { firstWhere } from './search-sorted.ts';
import { applyEvent, type ServerState } from './server-state.ts';

/** The last event up to that time; the first of all if there is none. */
export function offsetAt({ times }: Run, at: number): number {
  return Math.max(0, firstWhere(times.length, (n) => (times[n] ?? 0) > at) - 1);
}

/** By server, after the event. */
export function statesAt(run: Run, offset: number): readonly ServerState[] {
  const keyframe = Math.floor(offset / keyframeInterval);
  const states = [...(run.keyframes[keyframe] ?? [])];
  for (const event of run.events.slice(keyframe * keyframeInterval, offset + 1)) applyEvent(states, event);
  return states;
}

/** The nearest event before (-1) or after (1) that passes; undefined when there is none. */
export function neighbour(
  { events }: Run,
  { offset, direction }: { offset: number; direction: 1 | -1 },
  passes: (offset: number) => boolean,
): number | undefined {
  for (let next = offset + direction; next >= 0 && next < events.length; next += direction) {
    if (passes(next)) return next;
  }
  return undefined;
}

/** Of offsets in order: the last below `offset` (-1) or the first above it (1). */
export function nextOf(offsets: readonly number[], offset: number, direction: 1 | -1): number | undefined {
  const above = firstWhere(offsets.length, (n) => (offsets[n] ?? 0) > offset);
  if (direction === 1) return offsets[above];
  return offsets[offsets[above - 1] === offset ? above - 2 : above - 1];
}
