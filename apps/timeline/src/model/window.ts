// The time that is in view, and the arithmetic of zooming, panning and axis ticks.

/** An interval of time, in milliseconds of the run. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** The shortest window, in milliseconds. */
const windowMinMs = 0.02;

/** Moves the window into the bounds, with a small margin at both ends, and shortens it where it is too long. */
export function clampWindow(window: TimeWindow, bounds: TimeWindow): TimeWindow {
  const margin = Math.max((bounds.to - bounds.from) * 0.02, 1);
  const lowest = bounds.from - margin;
  const highest = bounds.to + margin;
  const length = Math.min(Math.max(window.to - window.from, windowMinMs), highest - lowest);
  const from = Math.min(Math.max(window.from, lowest), highest - length);
  return { from, to: from + length };
}

/** Multiplies the length of the window: a factor below 1 zooms in. The time `anchor` keeps its position in the window. */
export function zoom({ from, to }: TimeWindow, factor: number, anchor: number): TimeWindow {
  const length = Math.max((to - from) * factor, windowMinMs);
  const share = (anchor - from) / (to - from);
  return { from: anchor - share * length, to: anchor + (1 - share) * length };
}

/** Moves the window by this many milliseconds. */
export function pan({ from, to }: TimeWindow, ms: number): TimeWindow {
  return { from: from + ms, to: to + ms };
}

/** Moves the window by the least amount that shows the time `at` with a margin. */
export function windowShowing(window: TimeWindow, at: number): TimeWindow {
  const margin = (window.to - window.from) * 0.08;
  if (at < window.from + margin) return pan(window, at - margin - window.from);
  if (at > window.to - margin) return pan(window, at + margin - window.to);
  return window;
}

/** The positions of about `count` axis ticks in the window, at multiples of a step of 1, 2 or 5 times a power of ten. */
export function ticks({ from, to }: TimeWindow, count: number): { at: readonly number[]; step: number } {
  const least = (to - from) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
  const first = Math.ceil(from / step);
  const length = Math.max(0, Math.floor(to / step) - first + 1);
  return { at: Array.from({ length }, (_, n) => (first + n) * step), step };
}

/** A time as text, with enough digits to distinguish it from the next tick, `step` milliseconds later. */
export function formatTime(ms: number, step: number): string {
  const seconds = step >= 10;
  const value = seconds ? ms / 1000 : ms;
  const digits = Math.max(0, -Math.floor(Math.log10(seconds ? step / 1000 : step) + 1e-9));
  return `${value.toFixed(Math.min(digits, 6))} ${seconds ? 's' : 'ms'}`;
}
