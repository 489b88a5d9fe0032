import { beforeEach, describe, expect, test } from "vitest";
import { pretendBrowser } from "./browser_for_tests";

type Offline = typeof import("./offline");

const COLUMNS = [
  { name: "type", unit: "text" },
  { name: "own", unit: "bytes" },
  { name: "count", unit: "count" },
  { name: "age_ns", unit: "ns" },
  { name: "at", unit: "address" },
  { name: "pinned", unit: "flag" },
];

const ROWS = [
  { type: "main.Session", own: 2048, count: 7, age_ns: 90e9, at: "0xc000", pinned: true },
  { type: "main.T", own: 1_572_864, count: -3, age_ns: null, at: "0xfff", pinned: false },
  { type: "chan<- int", own: null, count: 7, age_ns: 5, at: null, pinned: null },
  { type: null, own: 0, count: null, age_ns: 3600e9, at: "0x10000", pinned: true },
];

async function open(answers: unknown): Promise<Offline> {
  pretendBrowser("file:///report.html", answers);
  return await import("./offline");
}

describe("a filter", () => {
  let offline: Offline;
  beforeEach(async () => {
    offline = await open({});
  });
  const passing = (filter: string) => ROWS.flatMap((row, number) => (offline.passes(row, COLUMNS, filter) ? [number] : []));

  test("looks for a text in all columns of text, whatever its case", () => {
    expect(passing("SESSION")).toEqual([0]);
    expect(passing("main.")).toEqual([0, 1]);
    expect(passing("chan<- int")).toEqual([2]);
    expect(passing("2048")).toEqual([]);
  });

  test("compares texts", () => {
    expect(passing("type=main.T")).toEqual([1]);
    expect(passing("type!=main.T")).toEqual([0, 2, 3]);
    expect(passing("type = main.T ")).toEqual([1]);
    expect(passing("type~^MAIN[.]")).toEqual([0, 1]);
    expect(passing("type!~main")).toEqual([2, 3]);
    expect(passing("type=")).toEqual([3]);
  });

  test("compares sizes with their units", () => {
    expect(passing("own=2KiB")).toEqual([0]);
    expect(passing("own>=1.5MiB")).toEqual([1]);
    expect(passing("own<1.5 mib")).toEqual([0, 3]);
    expect(passing("own<=2048b")).toEqual([0, 3]);
    expect(passing("own>0x7ff")).toEqual([0, 1]);
  });

  test("compares numbers, negative ones too", () => {
    expect(passing("count=-3")).toEqual([1]);
    expect(passing("count>-3")).toEqual([0, 2]);
    expect(passing("count=+7")).toEqual([0, 2]);
  });

  test("compares times, in which m is a minute", () => {
    expect(passing("age_ns>=1m")).toEqual([0, 3]);
    expect(passing("age_ns=1h")).toEqual([3]);
    expect(passing("age_ns<6ns")).toEqual([2]);
    expect(passing("age_ns=1.5min")).toEqual([0]);
    expect(passing("age_ns<1d")).toEqual([0, 2, 3]);
  });

  test("compares addresses and flags", () => {
    expect(passing("at=0xc000")).toEqual([0]);
    expect(passing("at>0xfff")).toEqual([0, 3]);
    expect(passing("pinned=yes")).toEqual([0, 3]);
    expect(passing("pinned!=yes")).toEqual([1, 2]);
  });

  test("takes what is not known for different from everything, and else for nothing", () => {
    expect(passing("own!=0")).toEqual([0, 1, 2]);
    expect(passing("own>=0")).toEqual([0, 1, 3]);
    expect(passing("own<=0")).toEqual([3]);
  });

  test("that can match nothing is refused, not answered with no rows", () => {
    for (const filter of ["own>many", "own=", "own=1.2.3", "own>5m", "age_ns>5", "age_ns>5KiB", "count>1KiB", "pinned=true", "at=c000", "type~(p"]) expect(() => passing(filter), filter).toThrow();
    expect(() => passing("own>many")).toThrow('"many" is no size such as 1.5MiB');
  });
});

describe("a table in a file", () => {
  const table = (rows: unknown[]) => ({ columns: COLUMNS, key: "types", rows: rows.length, matching: rows.length, sort: "own", from: 0, types: rows });
  const types = async (query: string) => {
    const offline = await open({ "table?name=types": table(ROWS), report: { findings: [] } });
    return offline.answerOf(`table?name=types&${query}`);
  };
  const order = async (sort: string) => (await types(`sort=${sort}`)).types.map((row: (typeof ROWS)[0]) => ROWS.findIndex(({ at }) => at === row.at));

  test("is sorted: numbers from the largest, texts from A, what is not known last", async () => {
    expect(await order("own")).toEqual([1, 0, 3, 2]);
    expect(await order("-own")).toEqual([3, 0, 1, 2]);
    expect(await order("type")).toEqual([2, 0, 1, 3]);
    expect(await order("-type")).toEqual([1, 0, 2, 3]);
  });

  test("has addresses as numbers, and yes before no", async () => {
    expect(await order("at")).toEqual([3, 0, 1, 2]);
    expect(await order("-at")).toEqual([1, 0, 3, 2]);
    expect(await order("pinned")).toEqual([0, 3, 1, 2]);
  });

  test("keeps equal rows in their order, also turned round", async () => {
    expect(await order("count")).toEqual([0, 2, 1, 3]);
    expect(await order("-count")).toEqual([1, 0, 2, 3]);
  });

  test("has its own order if none is asked for", async () => {
    const answer = await types("");
    expect(answer.sort).toBe("own");
    expect(answer.types[0].type).toBe("main.T");
  });

  test("has the rows that pass all filters, and says how many", async () => {
    const answer = await types("filter=type~main&filter=own%3C1MiB");
    expect(answer.types).toEqual([ROWS[0]]);
    expect([answer.rows, answer.matching]).toEqual([4, 1]);
  });

  test("has the rows that are in sight", async () => {
    const answer = await types("sort=own&from=1&count=2");
    expect(answer.types).toEqual([ROWS[0], ROWS[3]]);
    expect([answer.from, answer.matching]).toEqual([1, 4]);
    expect((await types("from=9")).types).toEqual([]);
  });

  test("is another one for each type of objects", async () => {
    const offline = await open({ "table?name=objects&of=main.T%5Bint%5D": table([ROWS[1]]) });
    expect(offline.answerOf("table?name=objects&of=main.T%5Bint%5D&from=0&count=200").types).toEqual([ROWS[1]]);
    expect(offline.answerOf("table?name=objects&of=main.U&from=0&count=200")).toBeNull();
    expect(offline.answerOf("table?name=objects")).toBeNull();
  });
});

test("a file has the answers that it was written with, and no others", async () => {
  const offline = await open({ report: { findings: [1] }, "why?what=0xc000": { chain: [] } });
  expect(offline.isOffline).toBe(true);
  expect(offline.answerOf("report")).toEqual({ findings: [1] });
  expect(offline.answerOf("why?what=0xc000")).toEqual({ chain: [] });
  expect(offline.answerOf("why?what=0xd000")).toBeNull();
});

test("a page at a server is no file", async () => {
  const offline = await open(null);
  expect(offline.isOffline).toBe(false);
  expect(offline.answerOf("report")).toBeNull();
});

test("what a file cannot answer is told as what a server refuses", async () => {
  pretendBrowser("file:///report.html", { "table?name=types": { columns: COLUMNS, key: "types", sort: "own", types: ROWS } });
  const { ask } = await import("./server");
  await expect(ask("/api/0/table?name=types&filter=own%3Emany")).rejects.toMatchObject({ code: "usage", message: '"many" is no size such as 1.5MiB' });
  await expect(ask("/api/0/query?sql=x")).rejects.toMatchObject({ code: "not-found" });
  await expect(ask("/api/0/table?name=types&filter=own%3E1KiB")).resolves.toMatchObject({ matching: 2 });
});
