// Positions in the chart: x is time, y is the lane of a server.
import type { ServerId } from '@raftlab/protocol';
import type { TimeWindow } from '../model/window.ts';

/** The height of the row of steps, at the top. */
export const stepsHeightPx = 22;
/** The height of the time axis, below the steps. */
export const axisHeightPx = 20;
/** The height of everything above the lanes. */
export const headHeightPx: number = stepsHeightPx + axisHeightPx;

/** The rows of operations take this share of the chart at most, and each is this high at most. */
const operationsShareMax = 0.33;
const rowHeightMaxPx = 18;

/** Converts between the run (milliseconds, servers) and the chart (CSS pixels). */
export class Geometry {
  readonly #operationsTop: number;
  readonly width: number;
  readonly height: number;
  readonly window: TimeWindow;
  readonly laneHeight: number;
  /** The height of a row of operations, below the lanes. */
  readonly rowHeight: number;

  constructor(
    size: { width: number; height: number },
    window: TimeWindow,
    { servers, rows }: { readonly servers: number; readonly rows: number },
  ) {
    this.width = size.width;
    this.height = size.height;
    this.window = window;
    const room = size.height - headHeightPx;
    this.rowHeight = rows === 0 ? 0 : Math.min(rowHeightMaxPx, (room * operationsShareMax) / rows);
    this.laneHeight = (room - rows * this.rowHeight) / servers;
    this.#operationsTop = headHeightPx + servers * this.laneHeight;
  }

  /** The x of a time. */
  x(at: number): number {
    const { from, to } = this.window;
    return ((at - from) / (to - from)) * this.width;
  }

  /** The time at an x. */
  at(x: number): number {
    const { from, to } = this.window;
    return from + (x / this.width) * (to - from);
  }

  /** The y of the upper edge of a row of operations. */
  rowTop(row: number): number {
    return this.#operationsTop + row * this.rowHeight;
  }

  /** The height of all rows of operations. */
  get operationsHeight(): number {
    return this.height - this.#operationsTop;
  }

  /** The y of the middle of a lane. */
  y(server: ServerId): number {
    return headHeightPx + (server + 0.5) * this.laneHeight;
  }
}
