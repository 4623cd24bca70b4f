// Where things are in the picture: x is time, y is the lane of a server.
import type { ServerId } from '@raftlab/protocol';
import type { TimeWindow } from '../model/window.ts';

/** Above the lanes: the test's steps, then the time axis. */
export const stepsHeight = 22;
export const axisHeight = 20;
export const headHeight: number = stepsHeight + axisHeight;

export class Geometry {
  readonly width: number;
  readonly height: number;
  readonly window: TimeWindow;
  readonly laneHeight: number;

  constructor(size: { width: number; height: number }, window: TimeWindow, servers: number) {
    this.width = size.width;
    this.height = size.height;
    this.window = window;
    this.laneHeight = (size.height - headHeight) / servers;
  }

  x(at: number): number {
    const { from, to } = this.window;
    return ((at - from) / (to - from)) * this.width;
  }

  at(x: number): number {
    const { from, to } = this.window;
    return from + (x / this.width) * (to - from);
  }

  y(server: ServerId): number {
    return headHeight + (server + 0.5) * this.laneHeight;
  }
}
