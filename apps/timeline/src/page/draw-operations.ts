// Draws the operations of clients as bars, in rows below the lanes. One that has no place in any order is filled with the colour of
// failures, and framed; one that did not return is open at its right end.
import { operationsWithin, type ClientOperation } from '../model/operations.ts';
import type { ChartDrawing } from './draw-lanes.ts';

/** Draws all operations that are in view. */
export function drawOperations(drawing: ChartDrawing): void {
  const { context, geometry, palette, run } = drawing;
  if (run.operations.rows === 0) return;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0, Math.round(geometry.rowTop(0)) + 0.5);
  context.lineTo(geometry.width, Math.round(geometry.rowTop(0)) + 0.5);
  context.stroke();
  const { from, to } = geometry.window;
  const drawnTo: number[] = [];
  const unplaced: ClientOperation[] = [];
  for (const operation of operationsWithin(run.operations, from, to)) {
    if (operation.isUnplaced) {
      unplaced.push(operation);
      continue;
    }
    // Of several bars in one pixel of a row only the first is drawn.
    const right = geometry.x(operation.to);
    if (right - (drawnTo[operation.row] ?? Number.NEGATIVE_INFINITY) < 0.5) continue;
    drawnTo[operation.row] = right;
    drawBar(drawing, operation);
  }
  for (const operation of unplaced) drawBar(drawing, operation);
}

function drawBar(
  { context, geometry, palette }: ChartDrawing,
  { row, from, to, text, hasReturned, isUnplaced }: ClientOperation,
): void {
  const left = Math.max(geometry.x(from), -2);
  const right = Math.min(geometry.x(to), geometry.width + 2);
  const width = Math.max(right - left - 0.5, 1);
  const top = geometry.rowTop(row) + 1;
  const height = Math.max(geometry.rowHeight - 2, 1);
  context.fillStyle = isUnplaced ? palette.danger : palette.faint;
  context.fillRect(left, top, width, height);
  context.strokeStyle = isUnplaced ? palette.danger : palette.muted;
  context.lineWidth = isUnplaced ? 2 : 1;
  context.beginPath();
  context.moveTo(right, top);
  context.lineTo(left, top);
  context.lineTo(left, top + height);
  context.lineTo(right, top + height);
  if (hasReturned) context.closePath();
  context.stroke();
  const from0 = Math.max(left, 0) + 4;
  if (height < 11 || context.measureText(text).width > right - from0 - 4) return;
  context.fillStyle = isUnplaced ? palette.background : palette.text;
  context.textBaseline = 'middle';
  context.fillText(text, from0, top + height / 2 + 0.5);
}
