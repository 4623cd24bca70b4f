// Positions in a run: the event at a time, the states of all servers after an event, and the next event that is shown.
import { keyframeInterval, type Run } from './run.ts';
import { firstWhere } from './search-sorted.ts';
import { applyEvent, type ServerState } from './server-state.ts';

/** The offset of the last event at or before that time; 0 when there is none. */
export function offsetAt({ times }: Run, at: number): number {
  return Math.max(0, firstWhere(times.length, (n) => (times[n] ?? 0) > at) - 1);
}

/** The states of all servers after the event at this offset, by server. */
export function statesAt(run: Run, offset: number): readonly ServerState[] {
  const keyframe = Math.floor(offset / keyframeInterval);
  const states = [...(run.keyframes[keyframe] ?? [])];
  for (const event of run.events.slice(keyframe * keyframeInterval, offset + 1)) applyEvent(states, event);
  return states;
}

/** The nearest event before (-1) or after (1) the offset for which `passes` is true. Undefined when there is none. */
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

/** Of ascending offsets, the last one below `offset` (-1) or the first one above it (1). Undefined when there is none. */
export function nextOffset(
  offsets: readonly number[],
  offset: number,
  direction: 1 | -1,
): number | undefined {
  const above = firstWhere(offsets.length, (n) => (offsets[n] ?? 0) > offset);
  if (direction === 1) return offsets[above];
  return offsets[offsets[above - 1] === offset ? above - 2 : above - 1];
}
