// The stretch of time that is in view, and the arithmetic of zooming, panning and ticks.

export interface TimeWindow {
  /** In milliseconds of the run. */
  readonly from: number;
  readonly to: number;
}

/** In milliseconds: events of one instant cannot be pulled further apart. */
const shortestWindow = 0.02;

/** Keeps the window in the run, with a little air at both ends, and its length where possible. */
export function within(window: TimeWindow, bounds: TimeWindow): TimeWindow {
  const air = Math.max((bounds.to - bounds.from) * 0.02, 1);
  const lowest = bounds.from - air;
  const highest = bounds.to + air;
  const length = Math.min(Math.max(window.to - window.from, shortestWindow), highest - lowest);
  const from = Math.min(Math.max(window.from, lowest), highest - length);
  return { from, to: from + length };
}

/** A factor below 1 zooms in; the instant `anchor` stays where it is. */
export function zoom({ from, to }: TimeWindow, factor: number, anchor: number): TimeWindow {
  const length = Math.max((to - from) * factor, shortestWindow);
  const share = (anchor - from) / (to - from);
  return { from: anchor - share * length, to: anchor + (1 - share) * length };
}

export function pan({ from, to }: TimeWindow, ms: number): TimeWindow {
  return { from: from + ms, to: to + ms };
}

/** Moves the window as little as it takes to show the instant, not at its very edge. */
export function showing(window: TimeWindow, at: number): TimeWindow {
  const margin = (window.to - window.from) * 0.08;
  if (at < window.from + margin) return pan(window, at - margin - window.from);
  if (at > window.to - margin) return pan(window, at + margin - window.to);
  return window;
}

/** Round instants, at most `count` of them. */
export function ticks({ from, to }: TimeWindow, count: number): { at: readonly number[]; step: number } {
  const least = (to - from) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
  const first = Math.ceil(from / step);
  const length = Math.max(0, Math.floor(to / step) - first + 1);
  return { at: Array.from({ length }, (_, n) => (first + n) * step), step };
}

/** An instant, with as many digits as tell it from its neighbour one step on. */
export function formatInstant(ms: number, step: number): string {
  const seconds = step >= 10;
  const value = seconds ? ms / 1000 : ms;
  const digits = Math.max(0, -Math.floor(Math.log10(seconds ? step / 1000 : step) + 1e-9));
  return `${value.toFixed(Math.min(digits, 6))} ${seconds ? 's' : 'ms'}`;
}
