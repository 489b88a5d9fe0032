// Canvases that are as wide as what they stand in, and as sharp as the screen.
import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** How wide the canvas can be, in pixels of the page: measured anew when the window changes. */
export function useWidth(canvas: RefObject<HTMLCanvasElement | null>): number {
  const [width, setWidth] = useState(900);
  useEffect(() => {
    const measure = () => setWidth(Math.max(200, canvas.current?.parentElement?.clientWidth ?? 900));
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  return width;
}

/** Makes an empty canvas of that size, and gives what draws on it in pixels of the page; null if there is nothing. */
export function penOf(canvas: HTMLCanvasElement | null, width: number, height: number): CanvasRenderingContext2D | null {
  const pen = canvas?.getContext("2d");
  if (!canvas || !pen) return null;
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.height = `${height}px`;
  pen.scale(ratio, ratio);
  return pen;
}
