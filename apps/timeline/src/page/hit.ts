// Finds the event at a point of the chart.
import { arrowOf, arrowCountMax, messagesInView, type Arrow } from './draw-messages.ts';
import type { Geometry } from './geometry.ts';
import type { Session } from './session.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The greatest distance between a point and an arrow that it selects. */
const hitRadiusPx = 6;

/**
 * The offset of an event of the nearest arrow: its sending or its end, depending on which is nearer to the point. Undefined when no
 * arrow is near, or when there are too many to draw.
 */
export function eventNear({ run, passes }: Session, geometry: Geometry, point: Point): number | undefined {
  const numbers = messagesInView(run, geometry, { passes, limit: arrowCountMax });
  if (numbers.length > arrowCountMax) return undefined;
  let nearest: number | undefined;
  let least = hitRadiusPx;
  for (const number of numbers) {
    const distance = distanceTo(arrowOf(run, geometry, number), point);
    if (distance >= least) continue;
    least = distance;
    nearest = number;
  }
  if (nearest === undefined) return undefined;
  const { fromX, toX, fromY, toY } = arrowOf(run, geometry, nearest);
  const isNearEnd = Math.hypot(toX - point.x, toY - point.y) < Math.hypot(fromX - point.x, fromY - point.y);
  const endOffset = run.messages.endOffset[nearest] ?? -1;
  return isNearEnd && endOffset !== -1 ? endOffset : run.messages.sendOffset[nearest];
}

function distanceTo({ fromX, fromY, toX, toY }: Arrow, { x, y }: Point): number {
  const dx = toX - fromX;
  const dy = toY - fromY;
  const along = ((x - fromX) * dx + (y - fromY) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(Math.max(along, 0), 1);
  return Math.hypot(fromX + share * dx - x, fromY + share * dy - y);
}
