// Zooming, panning and ticks.
import { expect, test } from 'vitest';
import { formatInstant, pan, showing, ticks, within, zoom } from '#src/model/window';

const bounds = { from: 0, to: 1000 };

test('zooming keeps the instant under the pointer where it is', () => {
  const zoomed = zoom({ from: 100, to: 300 }, 0.5, 150);
  expect(zoomed).toEqual({ from: 125, to: 225 });
  expect((150 - zoomed.from) / (zoomed.to - zoomed.from)).toBe(0.25);
});

test('a window stays in the run with its length, or shows all of it', () => {
  expect(within({ from: -500, to: -300 }, bounds)).toEqual({ from: -20, to: 180 });
  expect(within(pan({ from: 900, to: 1000 }, 500), bounds)).toEqual({ from: 920, to: 1020 });
  expect(within({ from: -Infinity, to: Infinity }, bounds)).toEqual({ from: -20, to: 1020 });
});

test('a run of one instant has a window, too', () => {
  const { from, to } = within({ from: 5, to: 5 }, { from: 5, to: 5 });
  expect(from).toBeLessThan(to);
});

test('a window moves only when what it shall show is out of view or at its edge', () => {
  expect(showing(bounds, 500)).toBe(bounds);
  const moved = showing(bounds, 1500);
  expect(moved.to).toBeGreaterThan(1500);
  expect(moved.to - moved.from).toBe(1000);
  expect(showing(bounds, -10).from).toBeLessThan(-10);
});

test.each([
  [{ from: 0, to: 1000 }, 10, 100],
  [{ from: 0, to: 999 }, 4, 500],
  [{ from: 12.3, to: 12.4 }, 5, 0.02],
  [{ from: -20, to: 1_500_000 }, 12, 200_000],
])('ticks of %j, at most %d, are %d apart and in view', (window, count, step) => {
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
])('%d with a step of %d is written %s', (ms, step, text) => {
  expect(formatInstant(ms, step)).toBe(text);
});
