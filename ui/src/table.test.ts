import { beforeEach, describe, expect, test } from "vitest";
import { pretendBrowser } from "./browser_for_tests";

type Filters = typeof import("./table").filters;
type Column = Parameters<Filters>[0];

const column = (name: string, unit: Column["unit"]): Column => ({ name, unit });
const TYPE = column("type", "text");
const OWN = column("own", "bytes");

let filters: Filters;
beforeEach(async () => {
  pretendBrowser();
  ({ filters } = await import("./table"));
});

describe("what a person writes under a column", () => {
  test("is nothing if it is empty", () => {
    for (const one of [TYPE, OWN]) for (const text of ["", "   "]) expect(filters(one, text)).toEqual([]);
  });

  test("is looked for in a text, or compared with it", () => {
    expect(filters(TYPE, " Session ")).toEqual(["type~Session"]);
    expect(filters(TYPE, "^main[.]")).toEqual(["type~^main[.]"]);
    expect(filters(TYPE, "=main.T")).toEqual(["type=main.T"]);
    expect(filters(TYPE, "!=main.T")).toEqual(["type!=main.T"]);
    expect(filters(TYPE, "!~runtime")).toEqual(["type!~runtime"]);
    expect(filters(TYPE, "~x")).toEqual(["type~x"]);
  });

  test("is no comparison of numbers in a text, and no range", () => {
    expect(filters(TYPE, "<-chan int")).toEqual(["type~<-chan int"]);
    expect(filters(TYPE, "a..b")).toEqual(["type~a..b"]);
  });

  test("is compared with a number", () => {
    expect(filters(OWN, "4096")).toEqual(["own=4096"]);
    for (const operator of ["=", "!=", "<", "<=", ">", ">="]) expect(filters(OWN, `${operator}1.5MiB`)).toEqual([`own${operator}1.5MiB`]);
    expect(filters(column("change", "count"), "-7")).toEqual(["change=-7"]);
  });

  test("is a share of what lives, of bytes alone", () => {
    expect(filters(OWN, ">=1%", 5000)).toEqual(["own>=50"]);
    expect(filters(OWN, "1%..10 %", 5000)).toEqual(["own>=50", "own<=500"]);
    expect(filters(column("count", "count"), ">=1%", 5000)).toEqual(["count>=1%"]);
  });

  test("is a range with both its ends", () => {
    expect(filters(OWN, "1000..10000")).toEqual(["own>=1000", "own<=10000"]);
    expect(filters(OWN, "1.5KiB..2.5KiB")).toEqual(["own>=1.5KiB", "own<=2.5KiB"]);
    expect(filters(column("change", "count"), "-7..-3")).toEqual(["change>=-7", "change<=-3"]);
  });

  test("may be changed as it is shown afterwards, without the column's name", () => {
    const shown = (given: string[]) => given.map((one) => one.slice("own".length)).join(" ");
    for (const text of ["1000..10000", ">1KiB", ">=1 KiB <2 KiB", "!=5 !=6"]) expect(filters(OWN, shown(filters(OWN, text)))).toEqual(filters(OWN, text));
    expect(filters(OWN, ">=1 KiB <2 KiB")).toEqual(["own>=1 KiB", "own<2 KiB"]);
  });
});

test("what is written under a column passes the rows that it says, in a file too", async () => {
  pretendBrowser("file:///report.html", {});
  const { passes } = await import("./offline");
  const rows = [100, 1024, 4096, 1_000_000].map((own) => ({ type: `main.T${own}`, own }));
  const passing = (one: Column, text: string) => rows.filter((row) => filters(one, text).every((filter) => passes(row, [TYPE, OWN], filter))).map(({ own }) => own);
  expect(passing(OWN, "1KiB..4KiB")).toEqual([1024, 4096]);
  expect(passing(OWN, ">1KiB")).toEqual([4096, 1_000_000]);
  expect(passing(OWN, "!=100")).toEqual([1024, 4096, 1_000_000]);
  expect(passing(TYPE, "t10")).toEqual([100, 1024, 1_000_000]);
  expect(passing(TYPE, "=main.T100")).toEqual([100]);
});
