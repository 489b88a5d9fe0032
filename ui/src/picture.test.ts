import { describe, expect, test } from "vitest";
import { icicle, map, MOST, type Tree, treeOf } from "./picture";

type Cell = ReturnType<typeof icicle>[0];

/** Numbers that are the same in each run. */
function randomFrom(seed: number): (most: number) => number {
  let state = seed;
  return (most) => (state = (state * 48_271) % 2_147_483_647) % most;
}

/** What a server sends: `parents` of the nodes, each before those below it, and their own bytes. */
function answer(parents: number[], bytes: number[]) {
  return {
    parent: parents,
    frame: parents.map((_, node) => node),
    bytes,
    objects: bytes.map((own) => (own === 0 ? 0 : 1)),
    frames: parents.map((_, node) => ({ name: `frame ${node}` })),
    folded_nodes: 3,
    folded_bytes: 77,
  };
}

function randomAnswer(seed: number, nodes: number) {
  const random = randomFrom(seed);
  const near = 1 + random(60); // how far a parent may be: deep trees, and flat ones
  const parents = Array.from({ length: nodes }, (_, node) => (node === 0 ? 0 : Math.max(0, node - 1 - random(near))));
  return answer(parents, parents.map(() => (random(4) === 0 ? 0 : random(random(10) === 0 ? 1_000_000 : 1000))));
}

const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0);
const SEEDS = Array.from({ length: 8 }, (_, seed) => seed + 1);

describe("the tree of what holds what", () => {
  test("adds up what is below", () => {
    const tree = treeOf(answer([0, 0, 1, 1, 0], [1, 10, 100, 1000, 5]));
    expect(tree.total).toEqual([1116, 1110, 100, 1000, 5]);
    expect(tree.objects).toEqual([5, 3, 1, 1, 1]);
    expect(tree.children).toEqual([[1, 4], [3, 2], [], [], []]);
    expect([tree.bytes, tree.foldedNodes, tree.foldedBytes]).toEqual([1116, 3, 77]);
  });

  test("leaves the answer as it was", () => {
    const given = answer([0, 0], [1, 2]);
    treeOf(given);
    expect(given).toEqual(answer([0, 0], [1, 2]));
  });

  test.each(SEEDS)("has every byte once, the most first: %i", (seed) => {
    const given = randomAnswer(seed, 3000);
    const tree = treeOf(given);
    expect(tree.bytes).toBe(sum(given.bytes));
    expect(sum(tree.children.map(({ length }) => length))).toBe(given.parent.length - 1);
    for (const [node, children] of tree.children.entries()) {
      expect(given.bytes[node] + sum(children.map((child) => tree.total[child]))).toBe(tree.total[node]);
      for (const [rank, child] of children.entries()) {
        expect(tree.parent[child]).toBe(node);
        if (rank > 0) expect(tree.total[child]).toBeLessThanOrEqual(tree.total[children[rank - 1]]);
      }
    }
  });

  test("may be empty", () => {
    expect(treeOf(answer([], [])).bytes).toBe(0);
    expect(icicle(treeOf(answer([0], [0])), 0, 900).length).toBe(1);
  });
});

const LEAST = 2; // pixels of a part that is drawn by itself
const EPSILON = 1e-6;

/** Checks what holds for every icicle, and returns its cells. */
function laidOut(tree: Tree, root: number, width: number): Cell[] {
  const cells = icicle(tree, root, width);
  const cellOf = new Map(cells.filter(({ node }) => node >= 0).map((cell) => [cell.node, cell]));
  expect(cells.length).toBeLessThanOrEqual(MOST);
  expect(cells[0]).toMatchObject({ node: root, x: 0, y: 0, width, depth: 0 });
  for (const { node, x, width: wide, depth } of cellOf.values()) {
    expect(wide).toBeCloseTo((width * tree.total[node]) / tree.total[root], 6);
    if (node === root) continue;
    const above = cellOf.get(tree.parent[node]) as Cell;
    expect(depth).toBe(above.depth + 1);
    expect(x).toBeGreaterThanOrEqual(above.x - EPSILON);
    expect(x + wide).toBeLessThanOrEqual(above.x + above.width + EPSILON);
  }
  const levels: Cell[][] = [];
  for (const cell of cells) (levels[cell.depth] ??= []).push(cell);
  for (const level of levels) {
    level.sort((a, b) => a.x - b.x);
    for (const [rank, { x }] of level.entries()) if (rank > 0) expect(x).toBeGreaterThanOrEqual(level[rank - 1].x + level[rank - 1].width - EPSILON);
  }
  return cells;
}

describe("an icicle", () => {
  test.each(SEEDS)("draws each part inside of what holds it and beside the others, as wide as its bytes: %i", (seed) => {
    const tree = treeOf(randomAnswer(seed, 3000));
    const random = randomFrom(seed);
    const inner = tree.children.flatMap((children, node) => (children.length > 0 && tree.total[node] > 0 ? [node] : []));
    for (const root of [0, inner[random(inner.length)], inner[random(inner.length)]]) laidOut(tree, root, 200 + random(2000));
  });

  test.each(SEEDS)("draws all that is wide enough, and the others of a part together: %i", (seed) => {
    const tree = treeOf(randomAnswer(seed, 1500));
    const width = 900;
    const cells = laidOut(tree, 0, width);
    expect(cells.length).toBeLessThan(MOST);
    for (const above of cells.filter(({ node }) => node >= 0)) {
      const children = tree.children[above.node].map((node) => ({ node, wide: (width * tree.total[node]) / tree.bytes }));
      const drawn = cells.filter(({ node }) => node > 0 && tree.parent[node] === above.node);
      expect(new Set(drawn.map(({ node }) => node))).toEqual(new Set(children.flatMap(({ node, wide }) => (wide >= LEAST ? [node] : []))));
      const narrow = sum(children.map(({ wide }) => (wide < LEAST ? wide : 0)));
      const behind = above.x + sum(drawn.map(({ width: wide }) => wide));
      const together = cells.find(({ node, depth, x }) => node < 0 && depth === above.depth + 1 && Math.abs(x - behind) < EPSILON && x < above.x + above.width);
      expect(together?.width ?? 0).toBeCloseTo(narrow >= 1 ? narrow : 0, 6);
    }
  });

  test.each(SEEDS)("has 5,000 cells at most, those that are nearest: %i", (seed) => {
    const tree = treeOf(randomAnswer(seed, 20_000));
    const cells = laidOut(tree, 0, 100_000);
    const drawn = new Set(cells.map(({ node }) => node));
    const deepest = Math.max(...cells.map(({ node, depth }) => (node < 0 ? 0 : depth)));
    const missing = cells.flatMap(({ node, depth }) => (node < 0 || depth > deepest - 2 ? [] : tree.children[node].filter((child) => tree.total[child] * 100_000 >= LEAST * tree.bytes && !drawn.has(child))));
    expect(missing).toEqual([]);
  });

  test("has 5,000 cells at most, whatever the last of them is", () => {
    // Each part holds one that is wide, and one that is narrow and drawn as a cell of the others: but for the first ones.
    for (const withoutNarrow of [0, 1]) {
      const parents = [0];
      const bytes = [0];
      let wide = 0;
      for (let depth = 0; depth < 3000; ++depth) {
        const above = wide;
        wide = parents.push(above) - 1;
        bytes.push(0);
        if (depth < withoutNarrow) continue;
        parents.push(above);
        bytes.push(1);
      }
      bytes[wide] = 1_000_000;
      const cells = laidOut(treeOf(answer(parents, bytes)), 0, 1_500_000);
      expect(cells.length).toBe(MOST);
    }
  });

  test("of nothing is one cell", () => {
    expect(icicle(treeOf(answer([0, 0], [0, 0])), 0, 900)).toHaveLength(1);
  });

  test("names what is wide enough", () => {
    const cells = icicle(treeOf(answer([0, 0, 0, 0], [0, 960, 30, 10])), 0, 1000);
    expect(cells.map(({ node, width, says }) => [node, width, says])).toEqual([[0, 1000, true], [1, 960, true], [2, 30, true], [3, 10, false]]);
  });

  test("gives all that an owner holds the owner's colour", () => {
    const cells = icicle(treeOf(answer([0, 0, 0, 1, 3], [0, 100, 500, 100, 100])), 0, 1000);
    const hue = (node: number) => cells.find((cell) => cell.node === node)?.hue;
    expect(hue(3)).toBe(hue(1));
    expect(hue(4)).toBe(hue(1));
    expect(hue(2)).not.toBe(hue(1));
  });
});

describe("a treemap", () => {
  // Its corners are whole pixels, so that one may lie a pixel outside.
  const PIXEL = 1;

  test.each(SEEDS)("draws each part inside of what holds it, each at most once: %i", (seed) => {
    const tree = treeOf(randomAnswer(seed, 6000));
    const cells = map(tree, 0, 900);
    const cellOf = new Map(cells.map((cell) => [cell.node, cell]));
    expect(cellOf.size).toBe(cells.length);
    expect(cells.length).toBeLessThanOrEqual(MOST);
    const outside = cells.filter(({ node, x, y, width, height }) => {
      if (node === 0) return false;
      const above = cellOf.get(tree.parent[node]) as Cell;
      return x < above.x - PIXEL || y < above.y - PIXEL || x + width > above.x + above.width + PIXEL || y + height > above.y + above.height + PIXEL;
    });
    expect(outside).toEqual([]);
    expect(cells.filter(({ width, height }) => Math.min(width, height) < 0)).toEqual([]);
  });

  test("of a list as long as the tree can be has the items that have room", () => {
    const parents = Array.from({ length: 20_000 }, (_, node) => Math.max(0, node - 1));
    const cells = map(treeOf(answer(parents, parents.map((_, node) => (node === 19_999 ? 1_000_000 : 1)))), 0, 900);
    expect(cells.length).toBeGreaterThan(100);
    expect(cells.length).toBeLessThan(MOST);
  });
});
