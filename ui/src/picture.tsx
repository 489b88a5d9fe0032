// The tree of what holds the memory as a picture: an icicle, each level below the one that holds it and as wide as its
// bytes, or a treemap, each inside of the one that holds it. Only what is large enough to be seen is drawn, on a canvas;
// what is pointed at or chosen is told in words beside it.
import { hierarchy, treemap, treemapSquarify } from "d3-hierarchy";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { penOf, useWidth } from "./canvas";
import { Hint, useHint } from "./hint";
import { brief, bytes, count, share } from "./format";
import { openMenu } from "./menu";
import type { Json } from "./server";

const ROW = 22; // pixels
const LEAST = 2; // pixels: narrower ones are drawn together
export const MOST = 5000; // cells
const MAP_HEIGHT = 560; // pixels of a treemap
const EDGE = 2; // pixels of a cell of a treemap above what is inside of it
const LEAST_SIDE = 12; // pixels: a smaller cell of a treemap shows nothing inside

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
  /** What all of it is, if not all live bytes. */
  of?: string;
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
  height: number;
  depth: number;
  hue: number;
  /** Whether it has room for its name. */
  says: boolean;
}

export type Shape = "icicle" | "treemap";

/** What a node is called; the one above all others says what the picture is of. */
export function nameOf(tree: Tree, node: number): string {
  return node <= 0 ? (tree.of ?? "all live bytes") : brief(tree.frames[tree.frame[node]].name);
}

// Colours of owners differ as far as they can: each is a golden angle from the one before.
const hueOf = (rank: number) => (rank * 137.5) % 360;

// The hue of each node: that of the owner that it is below.
function hues(tree: Tree): (node: number) => number {
  const tops = new Map<number, number>();
  tree.children[0]?.forEach((node, rank) => tops.set(node, hueOf(rank)));
  return (node) => {
    let at = node;
    while (at > 0 && !tops.has(at)) at = tree.parent[at];
    return tops.get(at) ?? 210;
  };
}

export function icicle(tree: Tree, root: number, width: number): Cell[] {
  const cells: Cell[] = [];
  const hue = hues(tree);
  const scale = tree.total[root] > 0 ? width / tree.total[root] : 0;
  const cell = (node: number, x: number, depth: number, wide: number): Cell => ({ node, x, y: depth * ROW, width: wide, height: ROW, depth, hue: node < 0 ? 0 : hue(node), says: wide >= 30 && node >= 0 });
  // Level by level, so that the budget goes to what is nearest.
  const waiting: Cell[] = [cell(root, 0, 0, width)];
  for (let next = 0; next < waiting.length && cells.length < MOST; ++next) {
    const above = waiting[next];
    cells.push(above);
    if (above.node < 0) continue;
    let x = above.x;
    let narrow = 0;
    for (const node of tree.children[above.node]) {
      const wide = tree.total[node] * scale;
      if (wide < LEAST) {
        narrow += wide;
        continue;
      }
      waiting.push(cell(node, x, above.depth + 1, wide));
      x += wide;
    }
    if (narrow >= 1 && cells.length < MOST) cells.push(cell(-1, x, above.depth + 1, narrow));
  }
  return cells;
}

interface Branch {
  node: number;
  own: number;
  children: Branch[];
}

export function map(tree: Tree, root: number, width: number): Cell[] {
  const hue = hues(tree);
  const area = (width * MAP_HEIGHT) / Math.max(1, tree.total[root]);
  let budget = MOST;
  // What is too small to show its parts has none, and so has what lies below more edges than there are pixels: a long list.
  const branch = (node: number, level: number): Branch => {
    const inside = tree.children[node].filter((one) => tree.total[one] * area >= 9);
    const shows = level < MAP_HEIGHT / EDGE && tree.total[node] * area >= LEAST_SIDE ** 2 && inside.length <= budget;
    if (shows) budget -= inside.length;
    const children = shows ? inside.map((one) => branch(one, level + 1)) : [];
    return { node, own: tree.total[node] - children.reduce((sum, one) => sum + tree.total[one.node], 0), children };
  };
  const hasTitle = ({ height, x0, x1, y0, y1 }: { height: number; x0: number; x1: number; y0: number; y1: number }) => height > 0 && y1 - y0 > 2 * ROW && x1 - x0 > 40;
  const laid = treemap<Branch>()
    .tile(treemapSquarify)
    .size([width, MAP_HEIGHT])
    .paddingTop((one) => (hasTitle(one) ? 16 : EDGE))
    .paddingInner(1)
    .round(true)(
    hierarchy(branch(root, 0))
      .sum(({ own }) => own)
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0)),
  );
  return laid.descendants().map((one) => {
    const { data, depth, height, x0, x1, y0, y1 } = one;
    const says = hasTitle(one) || (height === 0 && x1 - x0 >= 30 && y1 - y0 >= 14);
    return { node: data.node, x: x0, y: y0, width: x1 - x0, height: y1 - y0, depth, hue: hue(data.node), says };
  });
}

function draw(canvas: HTMLCanvasElement, tree: Tree, cells: Cell[], chosen: number, width: number, height: number, marks?: Set<number>): void {
  const pen = penOf(canvas, width, height);
  if (!pen) return;
  const dark = getComputedStyle(canvas).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches;
  pen.font = "12px system-ui, sans-serif";
  pen.textBaseline = "middle";
  for (const { node, x, y, width: wide, height: high, depth: level, hue, says } of cells) {
    const depth = Math.min(level, 10);
    pen.fillStyle = node < 0 ? (dark ? "#333" : "#ddd") : node === 0 ? (dark ? "#444" : "#ccc") : dark ? `hsl(${hue} 35% ${26 + depth * 2}%)` : `hsl(${hue} 60% ${74 + depth * 1.5}%)`;
    pen.fillRect(x, y, Math.max(wide - 1, 1), Math.max(high - 1, 1));
    if (!says) continue;
    pen.save();
    pen.beginPath();
    pen.rect(x, y, wide - 3, high);
    pen.clip();
    pen.fillStyle = dark ? "#eee" : "#111";
    const sign = marks?.has(tree.frame[node]) && node > 0 ? "◆ " : "";
    pen.fillText(`${sign}${nameOf(tree, node)}  ${bytes(tree.total[node])}`, x + 4, y + Math.min(high, ROW) / 2 - (high > ROW ? 2 : 0));
    pen.restore();
  }
  // Frames that matter though they are narrow: a bar that is wide enough to be seen.
  pen.fillStyle = "#f08c00";
  for (const { node, x, y, width: wide, height: high } of cells)
    if (node > 0 && marks?.has(tree.frame[node])) pen.fillRect(x, y + Math.min(high, ROW) - 4, Math.max(wide - 1, 3), 3);
  // Above all that may lie inside of it.
  const marked = cells.find(({ node }) => node === chosen);
  if (!marked) return;
  pen.strokeStyle = dark ? "#fff" : "#000";
  pen.lineWidth = 2;
  pen.strokeRect(marked.x + 1, marked.y + 1, Math.max(marked.width - 3, 1), Math.max(marked.height - 3, 1));
}

/** How many of the bytes stand in a cell with a name, and not only in one that stands for many. */
function drawnBytes(tree: Tree, cells: Cell[], root: number): number {
  const drawn = new Set(cells.filter(({ node }) => node >= 0).map(({ node }) => node));
  let bytesOf = 0;
  for (const node of drawn) bytesOf += tree.total[node] - tree.children[node].reduce((sum, child) => sum + tree.total[child], 0);
  return Math.min(bytesOf, tree.total[root]);
}

export interface Shown {
  tree: Tree;
  root: number;
  shape: Shape;
  onRoot: (node: number) => void;
  /** Where a node leads to in another tab; nothing for nowhere. */
  linkOf?: (node: number) => string | null;
  /** Rows of `tree.frames` that are marked, and what the mark means. */
  marks?: Set<number>;
  marked?: string;
}

export function Picture({ tree, root, shape, onRoot, linkOf, marks, marked }: Shown) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(canvas);
  const [chosen, setDrawn] = useState(root);
  const chosenNow = useRef(root); // a key may come before what the one before has chosen is drawn
  const setChosen = (node: number) => {
    chosenNow.current = node;
    setDrawn(node);
  };
  const cells = useMemo(() => (shape === "icicle" ? icicle(tree, root, width) : map(tree, root, width)), [tree, root, width, shape]);
  const height = shape === "icicle" ? cells.reduce((most, { depth }) => Math.max(most, depth), 0) * ROW + ROW : MAP_HEIGHT;
  useEffect(() => setChosen(root), [root]);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, tree, cells, chosen, width, height, marks);
  }, [tree, cells, chosen, width, height, marks]);
  const at = (event: MouseEvent): number => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    // The innermost is drawn last.
    return cells.findLast((cell) => y >= cell.y && y < cell.y + cell.height && x >= cell.x && x < cell.x + cell.width)?.node ?? -1;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const now = chosenNow.current;
    const above = tree.parent[now];
    const siblings = now === root ? [root] : tree.children[above];
    const rank = siblings.indexOf(now);
    const next: Record<string, number | undefined> = {
      ArrowDown: tree.children[now][0],
      ArrowUp: now === root ? undefined : above,
      ArrowLeft: siblings[rank - 1],
      ArrowRight: siblings[rank + 1],
    };
    if (event.key in next) {
      event.preventDefault();
      const node = next[event.key];
      if (node !== undefined) setChosen(node);
    } else if (event.key === "Enter" || event.key === "+") {
      onRoot(now);
    } else if ((event.key === "Backspace" || event.key === "-") && root !== 0) {
      event.preventDefault();
      onRoot(tree.parent[root]);
    } else if (event.key === "*") {
      onRoot(0);
    }
  };
  const hint = useHint();
  const isMarked = (node: number) => node > 0 && (marks?.has(tree.frame[node]) ?? false);
  const menu = (event: MouseEvent) => {
    const node = at(event);
    const link = node >= 0 ? linkOf?.(node) : null;
    if (node < 0) return;
    openMenu(event, [
      ["copy its name", { copies: node === 0 ? nameOf(tree, 0) : (tree.frames[tree.frame[node]].full || nameOf(tree, node)) }],
      ["show only this", { does: () => onRoot(node) }],
      ...(link ? ([["open in a tab", { opens: link }], ["copy a link to it", { copies: new URL(link, location.href).href }]] as const) : []),
    ]);
  };
  const shown = cells.filter(({ node }) => node >= 0).length;
  return (
    <figure class="icicle">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={`What holds ${bytes(tree.total[root])}, as a picture. Arrows walk in it, Enter or + goes into what is chosen, Backspace or - out, * to all.`}
        onMouseMove={(event) => {
          const node = at(event);
          if (node >= 0 && node !== chosen) setChosen(node);
          if (node >= 0) hint.at(event);
          else hint.hide();
        }}
        onMouseLeave={hint.hide}
        onContextMenu={menu}
        onAuxClick={(event) => {
          const link = event.button === 1 ? linkOf?.(at(event)) : null;
          if (link) open(link, "_blank");
        }}
        onClick={(event) => {
          const node = at(event);
          if (node >= 0) onRoot(node);
        }}
        onKeyDown={onKeyDown}
      />
      <Hint hint={hint}>
        <b>{nameOf(tree, chosen)}</b>
        <br />
        {bytes(tree.total[chosen])} ({share(tree.total[chosen], tree.bytes)}), {count(tree.objects[chosen])} objects
        {isMarked(chosen) ? <span class="mark"> ◆ {marked}</span> : null}
      </Hint>
      <figcaption>
        <span role="status" aria-live="polite">
          {isMarked(chosen) ? <span class="mark">◆ </span> : null}
          <b>{nameOf(tree, chosen)}</b> {bytes(tree.total[chosen])} ({share(tree.total[chosen], tree.bytes)}), {count(tree.objects[chosen])} objects
        </span>
        <span class="drawn">
          {count(shown)} of {count(tree.parent.length + tree.foldedNodes)} parts drawn, {share(drawnBytes(tree, cells, root), tree.total[root])} of bytes told apart
        </span>
      </figcaption>
    </figure>
  );
}
