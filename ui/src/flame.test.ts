import { beforeEach, describe, expect, test } from "vitest";
import { pretendBrowser } from "./browser_for_tests";
import type { Tree } from "./picture";

// main.run has 10 of its own, and calls main.a, which has 5 and calls main.b with 20; main.b is also called by main.c.
const ANSWER = {
  parent: [0, 0, 1, 2, 0, 4],
  frame: [0, 0, 1, 2, 3, 2],
  bytes: [0, 10, 5, 20, 0, 7],
  objects: [0, 1, 1, 2, 0, 1],
  frames: ["main.run", "main.a", "main.b", "main.c"].map((name) => ({ name, full: `example.com/x/${name}`, type: "", place: "" })),
  folded_nodes: 0,
  folded_bytes: 0,
};

let seen: typeof import("./flame").seen;
let tree: Tree;
beforeEach(async () => {
  pretendBrowser();
  ({ seen } = await import("./flame"));
  tree = (await import("./picture")).treeOf(ANSWER);
});

/** "main.b 27 (main.a 20 (main.run 20) main.c 7)" */
function words(of: Tree, node = 0): string {
  const below = of.children[node].map((child) => words(of, child)).join(" ");
  return `${node === 0 ? "all" : of.frames[of.frame[node]].name} ${of.total[node]}${below ? ` (${below})` : ""}`;
}

describe("a tree of stacks", () => {
  test("is as it was sent if nothing else is wanted", () => {
    expect(seen(tree, {})).toBe(tree);
    expect(words(tree)).toBe("all 42 (main.run 35 (main.a 25 (main.b 20)) main.c 7 (main.b 7))");
  });

  test("stands on its ends", () => {
    expect(words(seen(tree, { inverted: true }))).toBe("all 42 (main.b 27 (main.a 20 (main.run 20) main.c 7) main.run 10 main.a 5 (main.run 5))");
  });

  test("has only stacks with a frame", () => {
    expect(words(seen(tree, { only: "main\\.a" }))).toBe("all 25 (main.run 25 (main.a 25 (main.b 20)))");
    expect(words(seen(tree, { only: "EXAMPLE.COM/X/MAIN.C" }))).toBe("all 7 (main.c 7 (main.b 7))");
    expect(words(seen(tree, { only: "nothing" }))).toBe("all 0");
  });

  test("loses frames and no bytes", () => {
    expect(words(seen(tree, { without: "main\\.[ac]" }))).toBe("all 42 (main.run 35 (main.b 20) main.b 7)");
  });

  test("begins at a frame", () => {
    expect(words(seen(tree, { from: "main\\.a" }))).toBe("all 25 (main.a 25 (main.b 20))");
  });

  test("takes no heed of what is no expression", () => {
    expect(seen(tree, { only: "(" })).toBe(tree);
  });
});
