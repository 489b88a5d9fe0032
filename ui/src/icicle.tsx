// The tree of what holds the memory as an icicle: each level below the one that holds it, as wide as its bytes. Only
// what is wide enough to be seen is drawn, on a canvas; what is pointed at or chosen is told in words beside it.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { bytes, count, share } from "./format";
import type { Json } from "./server";

const ROW = 22; // pixels
const LEAST = 2; // pixels: narrower ones are drawn together
const MOST = 5000; // cells

export interface Tree {
  parent: number[];
  frame: number[];
  /** With all that is below. */
  total: number[];
  objects: number[];
  children: number[][];
  frames: Json[];
  bytes: number;
  foldedNodes: number;
  foldedBytes: number;
}

/** Sums up what the server sends, in which each node stands before those below it. */
export function treeOf(answer: Json): Tree {
  const { parent, frame, bytes: own, objects: ownObjects } = answer;
  const total = own.slice();
  const objects = ownObjects.slice();
  const children: number[][] = parent.map(() => []);
  for (let node = parent.length - 1; node > 0; --node) {
    total[parent[node]] += total[node];
    objects[parent[node]] += objects[node];
  }
  for (let node = 1; node < parent.length; ++node) children[parent[node]].push(node);
  for (const below of children) below.sort((a, b) => total[b] - total[a]);
  return { parent, frame, total, objects, children, frames: answer.frames, bytes: total[0] ?? 0, foldedNodes: answer.folded_nodes, foldedBytes: answer.folded_bytes };
}

interface Cell {
  node: number; // -1: several that are too narrow
  x: number;
  y: number;
  width: number;
  hue: number;
}

function nameOf(tree: Tree, node: number): string {
  return node <= 0 ? "all live bytes" : tree.frames[tree.frame[node]].name;
}

// Colours of owners differ as far as they can: each is a golden angle from the one before.
const hueOf = (rank: number) => (rank * 137.5) % 360;

function layOut(tree: Tree, root: number, width: number): Cell[] {
  const cells: Cell[] = [];
  const tops = new Map<number, number>();
  tree.children[0]?.forEach((node, rank) => tops.set(node, hueOf(rank)));
  const hueAbove = (node: number): number => {
    let at = node;
    while (at > 0 && !tops.has(at)) at = tree.parent[at];
    return tops.get(at) ?? 210;
  };
  const scale = tree.total[root] > 0 ? width / tree.total[root] : 0;
  // The widest come first, so that the budget goes to what is seen best.
  const waiting: Cell[] = [{ node: root, x: 0, y: 0, width, hue: hueAbove(root) }];
  while (waiting.length > 0 && cells.length < MOST) {
    const cell = waiting.shift() as Cell;
    cells.push(cell);
    if (cell.node < 0) continue;
    let x = cell.x;
    let narrow = 0;
    for (const node of tree.children[cell.node]) {
      const wide = tree.total[node] * scale;
      if (wide < LEAST) {
        narrow += wide;
        continue;
      }
      waiting.push({ node, x, y: cell.y + 1, width: wide, hue: cell.node === 0 ? (tops.get(node) ?? 210) : cell.hue });
      x += wide;
    }
    if (narrow >= 1) cells.push({ node: -1, x, y: cell.y + 1, width: narrow, hue: 0 });
  }
  return cells;
}

function draw(canvas: HTMLCanvasElement, tree: Tree, cells: Cell[], chosen: number, width: number, height: number): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const dark = getComputedStyle(canvas).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches;
  pen.scale(ratio, ratio);
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  for (const { node, x, y, width: wide, hue } of cells) {
    const depth = Math.min(y, 10);
    pen.fillStyle = node < 0 ? (dark ? "#333" : "#ddd") : node === 0 ? (dark ? "#444" : "#ccc") : dark ? `hsl(${hue} 35% ${26 + depth * 2}%)` : `hsl(${hue} 60% ${74 + depth * 1.5}%)`;
    pen.fillRect(x, y * ROW, Math.max(wide - 1, 1), ROW - 1);
    if (node === chosen) {
      pen.strokeStyle = dark ? "#fff" : "#000";
      pen.lineWidth = 2;
      pen.strokeRect(x + 1, y * ROW + 1, Math.max(wide - 3, 1), ROW - 3);
    }
    if (wide < 30 || node < 0) continue;
    pen.save();
    pen.beginPath();
    pen.rect(x, y * ROW, wide - 3, ROW);
    pen.clip();
    pen.fillStyle = dark ? "#eee" : "#111";
    pen.fillText(`${nameOf(tree, node)}  ${bytes(tree.total[node])}`, x + 4, y * ROW + ROW / 2);
    pen.restore();
  }
}

export function Icicle({ tree, root, onRoot }: { tree: Tree; root: number; onRoot: (node: number) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(900);
  const [chosen, setChosen] = useState(root);
  const cells = useMemo(() => layOut(tree, root, width), [tree, root, width]);
  const height = (Math.max(0, ...cells.map(({ y }) => y)) + 1) * ROW;
  useEffect(() => setChosen(root), [root]);
  useEffect(() => {
    const measure = () => setWidth(Math.max(200, canvas.current?.parentElement?.clientWidth ?? 900));
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, tree, cells, chosen, width, height);
  }, [tree, cells, chosen, width, height]);
  const at = (event: MouseEvent): number => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = Math.floor((event.clientY - box.top) / ROW);
    return cells.find((cell) => cell.y === y && x >= cell.x && x < cell.x + cell.width)?.node ?? -1;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const above = tree.parent[chosen];
    const siblings = chosen === root ? [root] : tree.children[above];
    const rank = siblings.indexOf(chosen);
    const next: Record<string, number | undefined> = {
      ArrowDown: tree.children[chosen][0],
      ArrowUp: chosen === root ? undefined : above,
      ArrowLeft: siblings[rank - 1],
      ArrowRight: siblings[rank + 1],
    };
    if (event.key in next) {
      event.preventDefault();
      const node = next[event.key];
      if (node !== undefined) setChosen(node);
    } else if (event.key === "Enter") {
      onRoot(chosen);
    } else if (event.key === "Backspace" && root !== 0) {
      event.preventDefault();
      onRoot(tree.parent[root]);
    }
  };
  const drawn = cells.reduce((sum, { node }) => sum + (node > 0 && tree.children[node].length === 0 ? tree.total[node] : 0), 0);
  const shown = cells.filter(({ node }) => node >= 0).length;
  return (
    <figure class="icicle">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={`What holds ${bytes(tree.total[root])}, as a picture. Arrows walk in it, Enter goes into what is chosen, Backspace out.`}
        onMouseMove={(event) => {
          const node = at(event);
          if (node >= 0 && node !== chosen) setChosen(node);
        }}
        onClick={(event) => {
          const node = at(event);
          if (node >= 0) onRoot(node);
        }}
        onKeyDown={onKeyDown}
      />
      <figcaption>
        <span role="status" aria-live="polite">
          <b>{nameOf(tree, chosen)}</b> {bytes(tree.total[chosen])} ({share(tree.total[chosen], tree.bytes)}), {count(tree.objects[chosen])} objects
        </span>
        <span class="drawn">
          {count(shown)} of {count(tree.parent.length + tree.foldedNodes)} parts drawn{drawn > 0 ? "" : ""}
        </span>
      </figcaption>
    </figure>
  );
}
