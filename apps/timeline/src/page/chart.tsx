// The chart: lanes, messages and marks on one canvas, the cursor on another above it, so that moving the cursor does not redraw
// the chart.
import type { CSSProperties, HTMLAttributes, JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { describeEvent } from '../model/describe.ts';
import { prepare, sizeOf } from './canvas.ts';
import { CursorLayer } from './cursor-layer.tsx';
import { drawLanes, type ChartDrawing } from './draw-lanes.ts';
import { drawAxis, drawFailures, drawMarks, drawSteps } from './draw-marks.ts';
import { drawMessages } from './draw-messages.ts';
import { drawOperations } from './draw-operations.ts';
import { Geometry, headHeightPx } from './geometry.ts';
import { eventNear } from './hit.ts';
import { readPalette } from './palette.ts';
import type { Session } from './session.ts';
import { LaneLabels } from './lane-labels.tsx';

const font = '11px system-ui, sans-serif';
/** A press that moves less than this is a click. */
const clickRadiusPx = 4;

/** The chart of the session's run, with mouse control. */
export function Chart({ session, theme }: { session: Session; theme: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 1, height: 1 });
  const [showsArrows, setShowsArrows] = useState(true);
  const [hovered, setHovered] = useState<Hover | undefined>(undefined);
  const { run, window, filter, passes } = session;
  const geometry = new Geometry(size, window, { servers: run.header.servers, rows: run.operations.rows });

  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setSize(sizeOf(element)));
    observer.observe(element);
    setSize(sizeOf(element));
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (canvas.current === null || size.width === 1) return;
    const context = prepare(canvas.current, font);
    const { hiddenServers } = filter;
    const drawing: ChartDrawing = { context, geometry, palette: readPalette(), run, passes, hiddenServers };
    drawAxis(drawing);
    drawLanes(drawing);
    drawOperations(drawing);
    const hasDrawnArrows = drawMessages(drawing);
    drawMarks(drawing);
    drawSteps(drawing);
    drawFailures(drawing);
    setShowsArrows(hasDrawnArrows);
  }, [size, window, passes, run, theme]);

  const pointer = usePointer(session, geometry, setHovered);
  return (
    <section class="chart" aria-label="Timeline">
      <LaneLabels session={session} operationsHeight={geometry.operationsHeight} />
      <div class="chart-canvas" {...pointer}>
        <canvas ref={canvas} role="img" aria-label={describeChart(session)} />
        <CursorLayer session={session} geometry={geometry} theme={theme} />
        {showsArrows ? null : (
          <p class="chart-note">
            Too many messages to draw: bars show how many each server sends. Zoom in to see arrows.
          </p>
        )}
        {hovered === undefined ? null : (
          <p class="tooltip" style={tooltipStyle(hovered, size.width)}>
            {describeEvent(run, hovered.offset)}
          </p>
        )}
      </div>
    </section>
  );
}

interface Hover {
  readonly offset: number;
  readonly x: number;
  readonly y: number;
}

function tooltipStyle({ x, y }: Hover, width: number): CSSProperties {
  return x > width / 2
    ? { right: `${width - x + 12}px`, top: `${y + 14}px` }
    : { left: `${x + 12}px`, top: `${y + 14}px` };
}

function describeChart({ run, window }: Session): string {
  const { from, to } = window;
  return `${run.header.servers} servers from ${from.toFixed(1)} to ${to.toFixed(1)} ms. The tables below have the same data.`;
}

interface Press {
  readonly x: number;
  readonly window: { readonly from: number; readonly to: number };
  readonly scrubs: boolean;
}

/**
 * The wheel zooms; with shift, or sideways, it pans. Dragging pans; along the top it moves the cursor. A click moves the cursor to
 * the nearest event, or to that time.
 */
function usePointer(
  session: Session,
  geometry: Geometry,
  setHovered: (hover: Hover | undefined) => void,
): HTMLAttributes<HTMLDivElement> {
  const press = useRef<Press | undefined>(undefined);
  const positionOf = (event: MouseEvent & { currentTarget: HTMLElement }): { x: number; y: number } => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  return {
    onWheel(event) {
      event.preventDefault();
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
        session.panBy(sideways / geometry.width);
      } else {
        session.zoomBy(1.0015 ** event.deltaY, geometry.at(positionOf(event).x));
      }
    },
    onPointerDown(event) {
      if (event.button !== 0) return;
      const { x, y } = positionOf(event);
      event.currentTarget.setPointerCapture(event.pointerId);
      press.current = { x, window: session.window, scrubs: y < headHeightPx };
      setHovered(undefined);
      if (y < headHeightPx) session.seekTime(geometry.at(x));
    },
    onPointerMove(event) {
      const { x, y } = positionOf(event);
      const pressed = press.current;
      if (pressed === undefined) {
        const offset = eventNear(session, geometry, { x, y });
        setHovered(offset === undefined ? undefined : { offset, x, y });
      } else if (pressed.scrubs) {
        session.seekTime(geometry.at(Math.min(Math.max(x, 0), geometry.width)));
      } else if (Math.abs(x - pressed.x) > clickRadiusPx) {
        const { from, to } = pressed.window;
        const moved = ((pressed.x - x) / geometry.width) * (to - from);
        session.show({ from: from + moved, to: to + moved });
      }
    },
    onPointerUp(event) {
      const { x, y } = positionOf(event);
      const pressed = press.current;
      press.current = undefined;
      if (pressed === undefined || pressed.scrubs || Math.abs(x - pressed.x) > clickRadiusPx) return;
      const offset = eventNear(session, geometry, { x, y });
      if (offset === undefined) session.seekTime(geometry.at(x));
      else session.seek(offset);
    },
    onPointerCancel() {
      press.current = undefined;
    },
    onPointerLeave() {
      setHovered(undefined);
    },
  };
}
