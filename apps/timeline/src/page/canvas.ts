// Canvases that are as large as their box and sharp on every screen.

/** Clears the canvas, adapts its size to its box, and returns a context whose unit is the CSS pixel. */
export function prepare(canvas: HTMLCanvasElement, font: string): CanvasRenderingContext2D {
  const { clientWidth, clientHeight } = canvas;
  const ratio = devicePixelRatio;
  canvas.width = Math.round(clientWidth * ratio);
  canvas.height = Math.round(clientHeight * ratio);
  const context = canvas.getContext('2d');
  if (context === null) throw new TypeError('This browser has no 2D canvas.');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.font = font;
  return context;
}

/** The size of the canvas in CSS pixels, at least 1 × 1. */
export function sizeOf({ clientWidth, clientHeight }: HTMLCanvasElement): { width: number; height: number } {
  return { width: Math.max(clientWidth, 1), height: Math.max(clientHeight, 1) };
}
