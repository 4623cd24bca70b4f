// The cursor over the chart, and the message of its event.
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { prepare } from './canvas.ts';
import { arrowOf } from './draw-messages.ts';
import { headHeightPx, type Geometry } from './geometry.ts';
import { readPalette } from './palette.ts';
import type { Session } from './session.ts';

interface Properties {
  readonly session: Session;
  readonly geometry: Geometry;
  readonly theme: string;
}

/** Draws the cursor on a transparent canvas over the chart. */
export function CursorLayer({ session, geometry, theme }: Properties): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { run, cursor, cursorAt, window } = session;
  useLayoutEffect(() => {
    if (canvas.current === null || geometry.width === 1) return;
    const context = prepare(canvas.current, '11px system-ui');
    const { accent, text, background } = readPalette();
    const x = Math.round(geometry.x(cursorAt)) + 0.5;
    context.strokeStyle = accent;
    context.fillStyle = accent;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x, headHeightPx - 8);
    context.lineTo(x, geometry.height);
    context.stroke();
    context.beginPath();
    context.moveTo(x - 6, headHeightPx - 14);
    context.lineTo(x + 6, headHeightPx - 14);
    context.lineTo(x, headHeightPx - 4);
    context.fill();
    const message = run.messageOf[cursor] ?? -1;
    if (message !== -1) {
      const { fromX, fromY, toX, toY } = arrowOf(run, geometry, message);
      for (const [colour, width] of [
        [background, 6],
        [text, 2.5],
      ] as const) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.beginPath();
        context.moveTo(fromX, fromY);
        context.lineTo(toX, toY);
        context.stroke();
      }
    }
    const server = run.serverOf[cursor] ?? -1;
    if (server !== -1) {
      context.strokeStyle = text;
      context.lineWidth = 2;
      context.beginPath();
      context.arc(geometry.x(run.times[cursor] ?? 0), geometry.y(server), 7, 0, 2 * Math.PI);
      context.stroke();
    }
  }, [cursor, cursorAt, window, run, geometry.width, geometry.height, theme]);
  return <canvas ref={canvas} class="cursor-layer" aria-hidden="true" />;
}
