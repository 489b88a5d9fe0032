import { expect, test } from "vitest";
import { pretendBrowser } from "./browser_for_tests";

test("rows below folded ones are not seen", async () => {
  pretendBrowser();
  const { unfolded } = await import("./tree");
  const rows = [0, 1, 2, 1, 0, 1].map((depth) => ({ depth }));
  expect(unfolded(rows, new Set())).toEqual([0, 1, 2, 3, 4, 5]);
  expect(unfolded(rows, new Set([1]))).toEqual([0, 1, 3, 4, 5]);
  expect(unfolded(rows, new Set([0, 1, 4]))).toEqual([0, 4]);
  expect(unfolded(rows, new Set([2]))).toEqual([0, 1, 2, 3, 4, 5]);
});
