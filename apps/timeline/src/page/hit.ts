// Which event is meant by a point of the picture.
import { arrowOf, arrowsAtMost, messagesInView, type Arrow } from './draw-messages.ts';
import type { Geometry } from './geometry.ts';
import type { Session } from './session.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** In pixels. */
const reach = 6;

/** The sending or the end of the nearest arrow, whichever is nearer to the point; undefined where no arrow is near. */
export function eventNear({ run, passes }: Session, geometry: Geometry, point: Point): number | undefined {
  const numbers = messagesInView(run, geometry, { passes, limit: arrowsAtMost });
  if (numbers.length > arrowsAtMost) return undefined;
  let nearest: number | undefined;
  let least = reach;
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
