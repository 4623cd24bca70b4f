// Draws the lanes. The role of a server is the thickness of its band, its term the colour and the number on it. A server that is
// down has no band.
import type { LaneSpan } from '../model/lane.ts';
import { spansWithin } from '../model/lane.ts';
import type { Run } from '../model/run.ts';
import type { Geometry } from './geometry.ts';
import type { Palette } from './palette.ts';

const bandHeightPx = { follower: 4, candidate: 10, leader: 18 } as const;
/** The share of a low lane that its band takes at most. */
const bandShareMax = 0.8;
/** Below this height a lane has no room for words beside its band: its label at the left shows them. */
const wordsLaneHeightPx = 48;

/** What the functions that draw the chart need. */
export interface ChartDrawing {
  readonly context: CanvasRenderingContext2D;
  readonly geometry: Geometry;
  readonly palette: Palette;
  readonly run: Run;
  /** Whether the filter shows the event at an offset. */
  readonly passes: (offset: number) => boolean;
  readonly hiddenServers: readonly number[];
}

/** Draws the lanes of all servers that are not hidden. */
export function drawLanes(drawing: ChartDrawing): void {
  const { geometry, run, hiddenServers } = drawing;
  const { from, to } = geometry.window;
  for (const [server, lane] of run.lanes.entries()) {
    const y = geometry.y(server);
    drawBaseline(drawing, y);
    if (hiddenServers.includes(server)) continue;
    // Of several bands in one pixel only the first is drawn.
    let drawnTo = Number.NEGATIVE_INFINITY;
    const spans = spansWithin(lane, from, to);
    drawCutOffs(drawing, spans, y);
    for (const span of spans) {
      const left = Math.max(geometry.x(span.from), -40);
      const right = Math.min(geometry.x(span.to), geometry.width + 40);
      if (right - drawnTo < 0.5) continue;
      drawSpan(drawing, span, { left: Math.max(left, drawnTo), right, y });
      drawnTo = right;
    }
  }
}

function drawBaseline({ context, geometry, palette }: ChartDrawing, y: number): void {
  context.strokeStyle = palette.faint;
  context.lineWidth = 1;
  context.setLineDash([1, 3]);
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(geometry.width, Math.round(y) + 0.5);
  context.stroke();
  context.setLineDash([]);
}

interface Place {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

function drawSpan(drawing: ChartDrawing, span: LaneSpan, place: Place): void {
  const { context, geometry, palette } = drawing;
  const { left, right, y } = place;
  const width = Math.max(right - left, 1);
  const hasWords = geometry.laneHeight >= wordsLaneHeightPx;
  if (span.life === 'not started') return;
  if (span.life === 'down')
    return drawLabel(drawing, 'down', { ...place, y: hasWords ? y - 8 : y }, palette.danger);
  const { role = 'follower', term } = span;
  const height = Math.min(bandHeightPx[role], geometry.laneHeight * bandShareMax);
  context.fillStyle = term === undefined ? palette.muted : palette.stroke(term);
  if (role === 'follower') {
    context.fillRect(left, y - height / 2, width, height);
  } else {
    context.fillStyle = term === undefined ? palette.faint : palette.surface(term);
    context.fillRect(left, y - height / 2, width, height);
    context.strokeStyle = term === undefined ? palette.muted : palette.stroke(term);
    context.lineWidth = role === 'leader' ? 1.5 : 1;
    if (role === 'candidate') context.setLineDash([3, 2]);
    context.strokeRect(left + 0.5, y - height / 2, Math.max(width - 1, 0.5), height);
    context.setLineDash([]);
  }
  const words = [span.life === 'stalled' ? 'stalled' : '', role === 'leader' ? `leader, term ${term}` : '']
    .filter((word) => word !== '')
    .join(', ');
  if (role === 'leader') drawLabel(drawing, words, place, palette.text);
  else if (span.life === 'stalled' && hasWords)
    drawLabel(drawing, words, { ...place, y: y - 12 }, palette.text);
  if (span.life === 'stalled') drawStall(drawing, place);
}

/** Draws a text at the start of the visible part of a span, if there is enough room. */
function drawLabel(
  { context, geometry }: ChartDrawing,
  text: string,
  { left, right, y }: Place,
  colour: string,
): void {
  const from = Math.max(left, 0) + 6;
  const room = Math.min(right, geometry.width) - from - 4;
  if (room < 20 || context.measureText(text).width > room) return;
  context.fillStyle = colour;
  context.textBaseline = 'middle';
  context.fillText(text, from, y + 0.5);
}

/** Draws one frame around consecutive spans with the same links. */
function drawCutOffs(drawing: ChartDrawing, spans: readonly LaneSpan[], y: number): void {
  const { geometry } = drawing;
  let frame: { words: string; from: number; to: number } | undefined;
  const draw = (): void => {
    if (frame === undefined || frame.words === '') return;
    const left = Math.max(geometry.x(frame.from), -40);
    drawCutOff(drawing, frame.words, { left, right: Math.min(geometry.x(frame.to), geometry.width + 40), y });
  };
  for (const span of spans) {
    const words = span.life === 'down' ? '' : describeLinks(span);
    if (frame?.words === words) {
      frame.to = span.to;
      continue;
    }
    draw();
    frame = { words, from: span.from, to: span.to };
  }
  draw();
}

function drawCutOff(drawing: ChartDrawing, words: string, { left, right, y }: Place): void {
  const { context, geometry, palette } = drawing;
  const half = Math.min(geometry.laneHeight * 0.42, 24);
  context.save();
  context.globalAlpha = 0.09;
  context.fillStyle = palette.danger;
  context.fillRect(left, y - half, right - left, 2 * half);
  context.restore();
  context.strokeStyle = palette.danger;
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.strokeRect(left + 0.5, Math.round(y - half) + 0.5, Math.max(right - left - 1, 0.5), 2 * half);
  context.setLineDash([]);
  if (geometry.laneHeight >= wordsLaneHeightPx)
    drawLabel(drawing, words, { left, right, y: y + half - 7 }, palette.danger);
}

function describeLinks({ isConnected, cutCount }: LaneSpan): string {
  if (!isConnected) return 'disconnected';
  if (cutCount === 0) return '';
  return cutCount === 1 ? '1 link cut' : `${cutCount} links cut`;
}

/** Draws slanted strokes over the band. */
function drawStall({ context, geometry, palette }: ChartDrawing, { left, right, y }: Place): void {
  context.strokeStyle = palette.text;
  context.lineWidth = 1;
  context.beginPath();
  const from = Math.max(left, 0);
  const to = Math.min(right, geometry.width);
  for (let x = from; x + 5 < to; x += 7) {
    context.moveTo(x, y + 5);
    context.lineTo(x + 5, y - 5);
  }
  context.stroke();
}
