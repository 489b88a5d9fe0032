// A tree of stacks seen in other ways: from its ends instead of its beginnings, and without or only with what is named.
// All of these are made of the tree that the server sent, which has all bytes in it.
import type { Tree } from "./picture";

/** What is shown of a tree. Texts are regular expressions, without regard to upper and lower case. */
export interface Wanted {
  /** Each node below the one that it leads to: what the bytes are, and above them who has them. */
  inverted?: boolean;
  /** Only stacks with a frame that has this in it. */
  only?: string;
  /** Frames that are left out: what is below them is below the one above. */
  without?: string;
  /** Stacks begin at this frame: what is above is left away, and stacks without it. */
  from?: string;
}

/** Null if the text is empty or no regular expression. */
export function pattern(text: string | undefined): RegExp | null {
  if (!text) return null;
  try {
    return new RegExp(text, "i");
  } catch {
    return null;
  }
}

class Builder {
  parent = [0];
  frame = [0];
  own = [0];
  ownObjects = [0];
  private readonly child = new Map<number, Map<number, number>>();

  /** The node of that frame below another one. */
  below(parent: number, frame: number): number {
    const of = this.child.get(parent) ?? new Map<number, number>();
    this.child.set(parent, of);
    let node = of.get(frame);
    if (node === undefined) {
      node = this.parent.length;
      this.parent.push(parent);
      this.frame.push(frame);
      this.own.push(0);
      this.ownObjects.push(0);
      of.set(frame, node);
    }
    return node;
  }

  tree(like: Tree): Tree {
    const total = this.own.slice();
    const objects = this.ownObjects.slice();
    const children: number[][] = this.parent.map(() => []);
    for (let node = this.parent.length - 1; node > 0; --node) {
      total[this.parent[node]] += total[node];
      objects[this.parent[node]] += objects[node];
    }
    for (let node = 1; node < this.parent.length; ++node) children[this.parent[node]].push(node);
    for (const some of children) some.sort((a, b) => total[b] - total[a]);
    return { parent: this.parent, frame: this.frame, total, objects, children, frames: like.frames, bytes: like.bytes, foldedNodes: like.foldedNodes, foldedBytes: like.foldedBytes };
  }
}

/** The tree as it is wanted. Bytes that are not wanted are not in it; `bytes` is still that of all. */
export function seen(tree: Tree, wanted: Wanted): Tree {
  const only = pattern(wanted.only);
  const without = pattern(wanted.without);
  const from = pattern(wanted.from);
  if (!only && !without && !from && !wanted.inverted) return tree;
  const says = (expression: RegExp | null) => tree.frames.map(({ name, full }) => expression !== null && (expression.test(name) || expression.test(full)));
  const isOnly = says(only);
  const isWithout = says(without);
  const isFrom = says(from);
  const builder = new Builder();
  for (let node = 0; node < tree.parent.length; ++node) {
    const below = tree.children[node];
    const own = tree.total[node] - below.reduce((sum, child) => sum + tree.total[child], 0);
    const objects = tree.objects[node] - below.reduce((sum, child) => sum + tree.objects[child], 0);
    if (own === 0 && objects === 0) continue;
    let stack: number[] = [];
    for (let at = node; at > 0; at = tree.parent[at]) stack.unshift(tree.frame[at]);
    if (only && !stack.some((frame) => isOnly[frame])) continue;
    if (from) {
      const begin = stack.findIndex((frame) => isFrom[frame]);
      if (begin < 0) continue;
      stack = stack.slice(begin);
    }
    if (without) stack = stack.filter((frame) => !isWithout[frame]);
    if (wanted.inverted) stack.reverse();
    let at = 0;
    for (const frame of stack) at = builder.below(at, frame);
    builder.own[at] += own;
    builder.ownObjects[at] += objects;
  }
  return builder.tree(tree);
}
