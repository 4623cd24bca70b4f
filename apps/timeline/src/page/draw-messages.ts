// Draws the messages in view as arrows from their sender, at the time of sending, to their receiver, at the time of arrival. A cross
// marks a loss. When there are too many arrows, bars show the number of messages instead.
import { messagesWithin } from '../model/messages.ts';
import type { Run } from '../model/run.ts';
import type { Geometry } from './geometry.ts';
import type { ChartDrawing } from './draw-lanes.ts';
import { messageColour } from './palette.ts';

/** More arrows than this are not distinguishable, and too slow to draw while dragging. */
export const arrowCountMax = 4000;

/** An arrow in the chart, in CSS pixels. */
export interface Arrow {
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
}

/** The arrow of a lost message ends at this share of the distance to the other lane. */
const lostShare = 0.4;
/** The length of the arrow of a message without an end. */
const stubWidthPx = 14;

/** The arrow of a message, by its number in `messages`. */
export function arrowOf({ messages }: Run, geometry: Geometry, number: number): Arrow {
  const fromX = geometry.x(messages.sentAt[number] ?? 0);
  const fromY = geometry.y(messages.from[number] ?? 0);
  const endY = geometry.y(messages.to[number] ?? 0);
  const endedAt = messages.endedAt[number] ?? Number.NaN;
  if (Number.isNaN(endedAt)) {
    return { fromX, fromY, toX: fromX + stubWidthPx, toY: fromY + Math.sign(endY - fromY) * stubWidthPx };
  }
  const share = messages.isLost[number] === 1 ? lostShare : 1;
  return { fromX, fromY, toX: geometry.x(endedAt), toY: fromY + (endY - fromY) * share };
}

/** The numbers of the messages that are in view and shown by the filter. At most `limit` + 1 of them. */
export function messagesInView(
  run: Run,
  geometry: Geometry,
  { passes, limit }: { passes: (offset: number) => boolean; limit: number },
): number[] {
  const { messages } = run;
  const { first, end } = messagesWithin(messages, geometry.window.from, geometry.window.to);
  const found: number[] = [];
  for (let number = first; number < end && found.length <= limit; number += 1) {
    const endedAt = messages.endedAt[number] ?? Number.NaN;
    const isOver = (Number.isNaN(endedAt) ? (messages.sentAt[number] ?? 0) : endedAt) < geometry.window.from;
    if (!isOver && passes(messages.sendOffset[number] ?? 0)) found.push(number);
  }
  return found;
}

/** Draws the messages. Returns false when there are more than `arrowCountMax`, so that bars were drawn instead of arrows. */
export function drawMessages(drawing: ChartDrawing): boolean {
  const { run, geometry, passes } = drawing;
  const numbers = messagesInView(run, geometry, { passes, limit: arrowCountMax });
  if (numbers.length > arrowCountMax) {
    drawDensity(drawing);
    return false;
  }
  const isCrowded = numbers.length > 600;
  const groups = new Map<string, Group>();
  for (const number of numbers) {
    const style = styleOf(run, number);
    const key = JSON.stringify(style);
    const group = groups.get(key) ?? {
      style,
      lines: new Path2D(),
      heads: new Path2D(),
      crosses: new Path2D(),
    };
    groups.set(key, group);
    addArrow(group, arrowOf(run, geometry, number), fateOf(run, number));
  }
  for (const { style, lines, heads, crosses } of groups.values()) {
    const { context, palette } = drawing;
    const colour = palette.messages[style.colour] ?? palette.text;
    context.globalAlpha = (style.isFaint ? 0.6 : 0.95) * (isCrowded ? 0.6 : 1);
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = style.isFaint || isCrowded ? 1 : 1.4;
    context.setLineDash(style.isReply ? [4, 3] : []);
    context.stroke(lines);
    context.setLineDash([]);
    context.fill(heads);
    context.globalAlpha = isCrowded ? 0.7 : 1;
    context.strokeStyle = palette.danger;
    context.lineWidth = 1.6;
    context.stroke(crosses);
    context.globalAlpha = 1;
  }
  return true;
}

interface Style {
  readonly colour: number;
  readonly isReply: boolean;
  /** Heartbeats and replies are faint, since most messages are of these kinds. */
  readonly isFaint: boolean;
}

interface Group {
  readonly style: Style;
  readonly lines: Path2D;
  readonly heads: Path2D;
  readonly crosses: Path2D;
}

function styleOf({ messages, events }: Run, number: number): Style {
  const event = events[messages.sendOffset[number] ?? 0];
  const isReply = messages.isReply[number] === 1;
  if (event?.kind !== 'send') return { colour: 3, isReply, isFaint: false };
  const isHeartbeat = event.name === 'AppendEntries' && event.fields['entries'] === 0;
  return { colour: messageColour(event.name), isReply, isFaint: isReply || isHeartbeat };
}

type Fate = 'arrives' | 'lost' | 'unknown';

function fateOf({ messages }: Run, number: number): Fate {
  if (Number.isNaN(messages.endedAt[number])) return 'unknown';
  return messages.isLost[number] === 1 ? 'lost' : 'arrives';
}

function addArrow({ lines, heads, crosses }: Group, { fromX, fromY, toX, toY }: Arrow, fate: Fate): void {
  lines.moveTo(fromX, fromY);
  lines.lineTo(toX, toY);
  if (fate === 'arrives') {
    const angle = Math.atan2(toY - fromY, toX - fromX);
    const at = (rotation: number): [number, number] => [
      toX - 7 * Math.cos(angle + rotation),
      toY - 7 * Math.sin(angle + rotation),
    ];
    heads.moveTo(toX, toY);
    heads.lineTo(...at(0.38));
    heads.lineTo(...at(-0.38));
    heads.closePath();
  }
  if (fate === 'lost') {
    crosses.moveTo(toX - 3.5, toY - 3.5);
    crosses.lineTo(toX + 3.5, toY + 3.5);
    crosses.moveTo(toX - 3.5, toY + 3.5);
    crosses.lineTo(toX + 3.5, toY - 3.5);
  }
}

/** The width of one bar, with its gap. */
const columnWidthPx = 3;

/** Draws, for each lane and column, how many messages the server sends and how many of them are lost. */
function drawDensity({ context, geometry, palette, run, passes }: ChartDrawing): void {
  const { messages } = run;
  const columns = Math.ceil(geometry.width / columnWidthPx);
  const servers = run.lanes.length;
  const sent = new Uint32Array(columns * servers);
  const lost = new Uint32Array(columns * servers);
  const { first, end } = messagesWithin(messages, geometry.window.from, geometry.window.to);
  for (let number = first; number < end; number += 1) {
    const column = Math.floor(geometry.x(messages.sentAt[number] ?? 0) / columnWidthPx);
    if (column < 0 || column >= columns || !passes(messages.sendOffset[number] ?? 0)) continue;
    const cell = (messages.from[number] ?? 0) * columns + column;
    sent[cell] = (sent[cell] ?? 0) + 1;
    if (messages.isLost[number] === 1) lost[cell] = (lost[cell] ?? 0) + 1;
  }
  const most = sent.reduce((a, b) => Math.max(a, b), 1);
  const tallest = geometry.laneHeight * 0.8;
  const draw = (counts: Uint32Array, colour: string): void => {
    context.fillStyle = colour;
    for (const [cell, count] of counts.entries()) {
      if (count === 0) continue;
      const height = Math.max(2, tallest * Math.sqrt(count / most));
      const bottom = geometry.y(Math.floor(cell / columns)) + geometry.laneHeight * 0.4;
      context.fillRect((cell % columns) * columnWidthPx, bottom - height, columnWidthPx - 1, height);
    }
  };
  context.globalAlpha = 0.4;
  draw(sent, palette.messages[0] ?? palette.text);
  context.globalAlpha = 0.7;
  draw(lost, palette.danger);
  context.globalAlpha = 1;
}
