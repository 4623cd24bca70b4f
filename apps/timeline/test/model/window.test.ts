// Zooming, panning and ticks.
import { expect, test } from 'vitest';
import { formatTime, pan, windowShowing, ticks, clampWindow, zoom } from '#src/model/window';

const bounds = { from: 0, to: 1000 };

test('zooming keeps the time under the pointer at its position', () => {
  const zoomed = zoom({ from: 100, to: 300 }, 0.5, 150);
  expect(zoomed).toEqual({ from: 125, to: 225 });
  expect((150 - zoomed.from) / (zoomed.to - zoomed.from)).toBe(0.25);
});

test('a window is moved into the run and keeps its length, or shows all of the run', () => {
  expect(clampWindow({ from: -500, to: -300 }, bounds)).toEqual({ from: -20, to: 180 });
  expect(clampWindow(pan({ from: 900, to: 1000 }, 500), bounds)).toEqual({ from: 920, to: 1020 });
  expect(clampWindow({ from: -Infinity, to: Infinity }, bounds)).toEqual({ from: -20, to: 1020 });
});

test('a run of no duration has a window', () => {
  const { from, to } = clampWindow({ from: 5, to: 5 }, { from: 5, to: 5 });
  expect(from).toBeLessThan(to);
});

test('a window moves only when the time to show is out of view or near its edge', () => {
  expect(windowShowing(bounds, 500)).toBe(bounds);
  const moved = windowShowing(bounds, 1500);
  expect(moved.to).toBeGreaterThan(1500);
  expect(moved.to - moved.from).toBe(1000);
  expect(windowShowing(bounds, -10).from).toBeLessThan(-10);
});

test.each([
  [{ from: 0, to: 1000 }, 10, 100],
  [{ from: 0, to: 999 }, 4, 500],
  [{ from: 12.3, to: 12.4 }, 5, 0.02],
  [{ from: -20, to: 1_500_000 }, 12, 200_000],
])('the ticks of %j, about %d, are %d apart and in view', (window, count, step) => {
  const found = ticks(window, count);
  expect(found.step).toBeCloseTo(step, 9);
  expect(found.at.length).toBeLessThanOrEqual(count + 1);
  for (const at of found.at) expect(at >= window.from && at <= window.to).toBe(true);
});

test.each([
  [1200, 100, '1.2 s'],
  [12.34, 0.02, '12.34 ms'],
  [5, 1, '5 ms'],
  [60_000, 20_000, '60 s'],
])('%d with a step of %d is formatted as %s', (ms, step, text) => {
  expect(formatTime(ms, step)).toBe(text);
});
