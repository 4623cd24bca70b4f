// Positions in the chart: x is time, y is the lane of a server.
import type { ServerId } from '@raftlab/protocol';
import type { TimeWindow } from '../model/window.ts';

/** The height of the row of steps, at the top. */
export const stepsHeightPx = 22;
/** The height of the time axis, below the steps. */
export const axisHeightPx = 20;
/** The height of everything above the lanes. */
export const headHeightPx: number = stepsHeightPx + axisHeightPx;

/** Converts between the run (milliseconds, servers) and the chart (CSS pixels). */
export class Geometry {
  readonly width: number;
  readonly height: number;
  readonly window: TimeWindow;
  readonly laneHeight: number;

  constructor(size: { width: number; height: number }, window: TimeWindow, servers: number) {
    this.width = size.width;
    this.height = size.height;
    this.window = window;
    this.laneHeight = (size.height - headHeightPx) / servers;
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

  /** The y of the middle of a lane. */
  y(server: ServerId): number {
    return headHeightPx + (server + 0.5) * this.laneHeight;
  }
}
