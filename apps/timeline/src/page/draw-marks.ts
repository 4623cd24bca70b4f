// Draws single events: steps and failures across all lanes; starts, crashes, proposals, applied entries and log lines on the lane
// of their server. Also draws the time axis.
import type { TraceEvent } from '@raftlab/trace/form';
import { firstWhere } from '../model/search-sorted.ts';
import { formatTime, ticks } from '../model/window.ts';
import { headHeightPx, stepsHeightPx } from './geometry.ts';
import type { ChartDrawing } from './draw-lanes.ts';

/** With more events than this in view, no marks are drawn on lanes: they would cover each other. */
const markedEventCountMax = 100_000;

/** Draws the time axis and a vertical line at each tick. */
export function drawAxis({ context, geometry, palette }: ChartDrawing): void {
  const { at, step } = ticks(geometry.window, geometry.width / 110);
  context.textBaseline = 'middle';
  for (const tickAt of at) {
    const x = Math.round(geometry.x(tickAt)) + 0.5;
    context.strokeStyle = palette.faint;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, headHeightPx);
    context.lineTo(x, geometry.height);
    context.stroke();
    context.fillStyle = palette.muted;
    context.fillText(formatTime(tickAt, step), x + 4, stepsHeightPx + (headHeightPx - stepsHeightPx) / 2);
  }
  context.strokeStyle = palette.line;
  context.beginPath();
  context.moveTo(0, headHeightPx + 0.5);
  context.lineTo(geometry.width, headHeightPx + 0.5);
  context.stroke();
}

/** Draws the steps of the test along the top. */
export function drawSteps({ context, geometry, palette, run }: ChartDrawing): void {
  const { from, to } = geometry.window;
  const time = (n: number): number => run.times[run.steps[n] ?? 0] ?? 0;
  // The step that contains the start of the window is drawn, too.
  const first = Math.max(0, firstWhere(run.steps.length, (n) => time(n) > from) - 1);
  const end = firstWhere(run.steps.length, (n) => time(n) > to);
  let drawnTo = Number.NEGATIVE_INFINITY;
  for (let n = first; n < end; n += 1) {
    const event = run.events[run.steps[n] ?? 0];
    const x = geometry.x(time(n));
    const next = n + 1 < run.steps.length ? geometry.x(time(n + 1)) : Number.POSITIVE_INFINITY;
    if (event?.kind !== 'step' || next - drawnTo < 3) continue;
    const left = Math.max(x, 0);
    const right = Math.min(next, geometry.width);
    context.fillStyle = palette.faint;
    context.fillRect(left, 2, Math.max(right - left - 2, 1), stepsHeightPx - 4);
    drawnTo = right;
    fillTextWithin(context, event.text, { left: left + 6, room: right - left - 14, colour: palette.text });
  }
}

function fillTextWithin(
  context: CanvasRenderingContext2D,
  text: string,
  { left, room, colour }: { left: number; room: number; colour: string },
): void {
  if (room < 24) return;
  const width = context.measureText(text).width;
  const share = Math.floor((text.length * room) / width) - 1;
  context.fillStyle = colour;
  context.textBaseline = 'middle';
  context.fillText(width <= room ? text : `${text.slice(0, share)}…`, left, stepsHeightPx / 2 + 0.5);
}

/** Draws a vertical line with a label at each failure. */
export function drawFailures({ context, geometry, palette, run }: ChartDrawing): void {
  for (const offset of run.failures) {
    const event = run.events[offset];
    const x = Math.round(geometry.x(run.times[offset] ?? 0)) + 0.5;
    if (event?.kind !== 'failure' || x < -2 || x > geometry.width + 2) continue;
    context.strokeStyle = palette.danger;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, geometry.height);
    context.stroke();
    const text = `✕ ${event.name}`;
    const width = context.measureText(text).width + 12;
    const left = x + width > geometry.width ? x - width : x;
    context.fillStyle = palette.danger;
    context.fillRect(left, 1, width, stepsHeightPx - 2);
    context.fillStyle = palette.background;
    context.textBaseline = 'middle';
    context.fillText(text, left + 6, stepsHeightPx / 2 + 0.5);
  }
}

/** Draws a mark on a lane for each start, crash, proposal, applied entry and log line that the filter shows. */
export function drawMarks(drawing: ChartDrawing): void {
  const { geometry, run, passes } = drawing;
  const { from, to } = geometry.window;
  const first = firstWhere(run.times.length, (n) => (run.times[n] ?? 0) >= from);
  const end = firstWhere(run.times.length, (n) => (run.times[n] ?? 0) > to);
  if (end - first > markedEventCountMax) return;
  // At most one mark of a kind per pixel of a lane.
  const drawnAt = new Map<string, number>();
  for (let offset = first; offset < end; offset += 1) {
    const event = run.events[offset];
    if (event === undefined || !('server' in event) || event.server === undefined || !passes(offset))
      continue;
    const x = Math.round(geometry.x(event.at));
    const key = `${event.server} ${event.kind}`;
    if (drawnAt.get(key) === x) continue;
    drawnAt.set(key, x);
    drawMark(drawing, event, { x: x + 0.5, y: geometry.y(event.server) });
  }
}

function drawMark(
  { context, palette }: ChartDrawing,
  event: TraceEvent,
  { x, y }: { x: number; y: number },
): void {
  context.lineWidth = 1.5;
  context.strokeStyle = palette.text;
  context.fillStyle = palette.text;
  context.beginPath();
  if (event.kind === 'propose') {
    // A triangle above the lane that points to it, filled when the server accepted the proposal.
    context.moveTo(x, y - 11);
    context.lineTo(x - 4, y - 18);
    context.lineTo(x + 4, y - 18);
    context.closePath();
    if (event.index === undefined) context.stroke();
    else context.fill();
  } else if (event.kind === 'apply') {
    context.moveTo(x, y + 11);
    context.lineTo(x, y + 18);
    context.stroke();
    if (event.command === undefined && event.isNoop !== true) context.strokeRect(x - 3, y + 14, 6, 6);
  } else if (event.kind === 'log') {
    context.arc(x, y + 14, 1.5, 0, 2 * Math.PI);
    context.stroke();
  } else if (event.kind === 'crash') {
    context.strokeStyle = palette.danger;
    context.lineWidth = 2.5;
    context.moveTo(x - 7, y - 7);
    context.lineTo(x + 7, y + 7);
    context.moveTo(x - 7, y + 7);
    context.lineTo(x + 7, y - 7);
    context.stroke();
  } else if (event.kind === 'start') {
    context.fillStyle = palette.background;
    context.arc(x, y, 4.5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}
