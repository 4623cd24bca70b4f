// The whole run as a strip: the number of messages sent and lost, the leader of each term, failures, and the window in view.
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Run } from '../model/run.ts';
import { prepare, sizeOf } from './canvas.ts';
import { readPalette, type Palette } from './palette.ts';
import type { Session } from './session.ts';

/** The height of the bar at the bottom that shows the leaders. */
const leaderBarHeightPx = 7;

/** The strip. Clicking or dragging moves the window. */
export function Overview({ session, theme }: { session: Session; theme: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 1, height: 1 });
  const isPressed = useRef(false);
  const { run, window } = session;
  useLayoutEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setSize(sizeOf(element)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (canvas.current === null || size.width === 1) return;
    const context = prepare(canvas.current, '10px system-ui');
    drawOverview(context, { run, size, palette: readPalette() });
  }, [run, size, theme]);

  const length = Math.max(run.end - run.start, 1);
  const share = (at: number): number => Math.min(Math.max((at - run.start) / length, 0), 1);
  const centerWindow = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = run.start + ((event.clientX - box.left) / box.width) * length;
    const half = (window.to - window.from) / 2;
    session.show({ from: at - half, to: at + half });
  };
  return (
    <div
      class="overview"
      title="The whole run; click or drag to move the window"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        isPressed.current = true;
        centerWindow(event);
      }}
      onPointerMove={(event) => {
        if (isPressed.current) centerWindow(event);
      }}
      onPointerUp={() => {
        isPressed.current = false;
      }}
    >
      <canvas ref={canvas} role="img" aria-label="Overview of the whole run" />
      <div
        class="overview-window"
        style={{ left: `${100 * share(window.from)}%`, right: `${100 * (1 - share(window.to))}%` }}
      />
      <div class="overview-cursor" style={{ left: `${100 * share(session.cursorAt)}%` }} />
    </div>
  );
}

interface OverviewDrawing {
  readonly run: Run;
  readonly size: { readonly width: number; readonly height: number };
  readonly palette: Palette;
}

function drawOverview(context: CanvasRenderingContext2D, { run, size, palette }: OverviewDrawing): void {
  const { messages, lanes, start, end } = run;
  const length = Math.max(end - start, 1);
  const columns = Math.max(1, Math.floor(size.width / 2));
  const columnOf = (at: number): number =>
    Math.min(columns - 1, Math.floor(((at - start) / length) * columns));
  const sent = new Uint32Array(columns);
  const lost = new Uint32Array(columns);
  for (let number = 0; number < messages.count; number += 1) {
    const column = columnOf(messages.sentAt[number] ?? 0);
    sent[column] = (sent[column] ?? 0) + 1;
    if (messages.isLost[number] === 1) lost[column] = (lost[column] ?? 0) + 1;
  }
  const most = sent.reduce((a, b) => Math.max(a, b), 1);
  const tallest = size.height - leaderBarHeightPx - 5;
  const bars = (counts: Uint32Array, colour: string): void => {
    context.fillStyle = colour;
    for (const [column, count] of counts.entries()) {
      const height = count === 0 ? 0 : Math.max(1, tallest * Math.sqrt(count / most));
      context.fillRect(column * 2, size.height - leaderBarHeightPx - 2 - height, 1.4, height);
    }
  };
  bars(sent, palette.muted);
  bars(lost, palette.danger);
  const x = (at: number): number => ((at - start) / length) * size.width;
  for (const lane of lanes) {
    for (const { role, term, life, from, to } of lane) {
      if (role !== 'leader' || term === undefined || life === 'down') continue;
      context.fillStyle = palette.stroke(term);
      context.fillRect(
        x(from),
        size.height - leaderBarHeightPx,
        Math.max(x(to) - x(from), 1),
        leaderBarHeightPx,
      );
    }
  }
  context.fillStyle = palette.danger;
  for (const offset of run.failures) context.fillRect(x(run.times[offset] ?? 0) - 1, 0, 2, size.height);
}
