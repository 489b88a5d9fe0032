import { describe, expect, test } from "vitest";
import { brief, briefly, bytes, count, duration, exactBytes, share } from "./format";

describe("bytes", () => {
  test("are exact below 1 KiB, and have binary units above", () => {
    expect([0, 1, 1023, 1024, 1536, 10_240, 1024 ** 2, 1.5 * 1024 ** 3, 2 * 1024 ** 4].map(bytes)).toEqual(["0 B", "1 B", "1023 B", "1.0 KiB", "1.5 KiB", "10.0 KiB", "1.0 MiB", "1.5 GiB", "2.0 TiB"]);
  });

  test("have no tenths where there are four digits, and no larger unit than TiB", () => {
    expect(bytes(1000 * 1024)).toBe("1000 KiB");
    expect(bytes(5000 * 1024 ** 4)).toBe("5000 TiB");
  });

  test("may be a change", () => {
    expect(bytes(-1)).toBe("-1 B");
    expect(bytes(-1536)).toBe("-1.5 KiB");
  });

  test("are empty where nothing is known, which is not nothing", () => {
    expect([null, undefined].map(bytes)).toEqual(["", ""]);
    expect(bytes(0)).toBe("0 B");
  });

  test("name the size they come from, to a twentieth", () => {
    const sizes: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
    for (let size = 1; size < 1024 ** 5; size = Math.ceil(size * 1.07)) {
      const [number, unit] = bytes(size).split(" ");
      expect(Math.abs(Number(number) * sizes[unit] - size) / size, bytes(size)).toBeLessThan(0.05);
    }
  });
});

test("counts have commas, and are exact", () => {
  expect([0, 999, 1000, 1_234_567, -1234].map(count)).toEqual(["0", "999", "1,000", "1,234,567", "-1,234"]);
  expect([null, undefined].map(count)).toEqual(["", ""]);
  expect(exactBytes(1_048_576)).toBe("1,048,576 bytes");
});

describe("a share", () => {
  test("is exact enough for what it says", () => {
    expect(share(1, 2)).toBe("50 %");
    expect(share(1, 8)).toBe("13 %");
    expect(share(1, 25)).toBe("4.0 %");
    expect(share(1, 1000)).toBe("0.1 %");
    expect(share(7, 7)).toBe("100 %");
  });

  test("is never nothing if there is something", () => {
    expect(share(1, 1001)).toBe("< 0.1 %");
    expect(share(0, 1001)).toBe("0 %");
  });

  test("of nothing is not told", () => {
    expect(share(0, 0)).toBe("");
    expect(share(5, 0)).toBe("");
  });
});

test("durations have the largest unit that there is one of", () => {
  expect([0, 999, 1_000, 1_500, 2_500_000, 3.1e9, 59.9e9, 60e9, 90 * 60e9, 36 * 3_600e9].map(duration)).toEqual(["0 ns", "999 ns", "1.0 µs", "1.5 µs", "2.5 ms", "3.1 s", "59.9 s", "1.0 min", "1.5 h", "1.5 d"]);
  expect([null, undefined].map(duration)).toEqual(["", ""]);
});

describe("names in brief", () => {
  test("have no paths of packages", () => {
    expect(brief("example.com/shop/cart.Item")).toBe("cart.Item");
    expect(brief("map[string]*example.com/shop/cart.Item")).toBe("map[string]*cart.Item");
    expect(brief("example.com/a.Pair[example.com/b.Key,*gopkg.in/c-d.v2/e.Value]")).toBe("a.Pair[b.Key,*e.Value]");
    expect(brief("github.com/user/mod/v2.T")).toBe("v2.T");
    expect(brief("net/http.(*Server).Serve")).toBe("http.(*Server).Serve");
  });

  test("are as they were without a path", () => {
    for (const name of ["main.T", "[]byte", "map[string]int", "func()", "chan<- int", ""]) expect(brief(name)).toBe(name);
  });
});

describe("a sentence in brief", () => {
  test("has modules without hosts and folders", () => {
    expect(briefly("held by global of example.com/shop/cart.init")).toBe("held by global of cart.init");
    expect(briefly("example.com/a.T, then gopkg.in/b.v2/c.U")).toBe("a.T, then c.U");
  });

  test("keeps packages of the library, and what is no module", () => {
    for (const text of ["net/http.(*Server).Serve", "and/or", "1/2 of it", "main.T holds 3 KiB"]) expect(briefly(text)).toBe(text);
  });
});
