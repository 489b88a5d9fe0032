import { beforeEach, describe, expect, test } from "vitest";
import { type Pretended, pretendBrowser } from "./browser_for_tests";

type Route = typeof import("./route");

let browser: Pretended;
let route: Route;

async function open(url: string, answers: unknown = null): Promise<void> {
  browser = pretendBrowser(url, answers);
  route = await import("./route");
}

const fieldsOf = (route: Route) => [...route.place.value.fields];

describe("the page at its server", () => {
  beforeEach(() => open("http://page/2/types?sort=-own&filter=type~a&filter=own%3E%3D1MiB"));

  test("is where its URL says", () => {
    expect(route.place.value.target).toBe(2);
    expect(route.place.value.screen).toBe("types");
    expect(fieldsOf(route)).toEqual([["sort", "-own"], ["filter", "type~a"], ["filter", "own>=1MiB"]]);
  });

  test("makes URLs of the target that is looked at, or of another", () => {
    expect(route.href("roots")).toBe("/2/roots");
    expect(route.href("roots", {}, 5)).toBe("/5/roots");
    expect(route.href("why", { what: "type:map[string]*main.T & more" })).toBe("/2/why?what=type%3Amap%5Bstring%5D*main.T+%26+more");
  });

  test("goes to the places that it names, with all fields", () => {
    const fields = { what: "label:a=b&c d+e%'\"#?/ü", at: "0xc000" };
    route.go(route.href("why", fields, 1));
    expect(route.place.value.target).toBe(1);
    expect(route.place.value.screen).toBe("why");
    expect(Object.fromEntries(route.place.value.fields)).toEqual(fields);
  });

  test("makes a step for another screen, and none for another view of it", () => {
    route.go("/2/roots");
    route.setFields({ sort: "own" });
    expect(browser.steps).toEqual([{ url: "/2/roots?sort=own", replaces: true }, { url: "/2/roots", replaces: false }]);
  });

  test("changes some fields and keeps the others", () => {
    route.setFields({ sort: "", depth: "3" });
    expect(fieldsOf(route)).toEqual([["filter", "type~a"], ["filter", "own>=1MiB"], ["depth", "3"]]);
  });

  test("follows the browser back", () => {
    route.go("/2/roots");
    browser.back("/2/types");
    expect(route.place.value.screen).toBe("types");
  });
});

test("a URL without a place is the overview of the first target", async () => {
  for (const url of ["http://page/", "http://page/x/", "http://page/0"]) {
    await open(url);
    expect([route.place.value.target, route.place.value.screen]).toEqual([0, "overview"]);
  }
});

test("the page as a file has its places behind the #", async () => {
  await open("file:///report.html#/0/why?what=0xc000", { report: {} });
  expect(route.place.value.screen).toBe("why");
  expect(route.place.value.fields.get("what")).toBe("0xc000");
  expect(route.href("types", { sort: "own" })).toBe("#/0/types?sort=own");
  route.go(route.href("types", { sort: "own" }));
  expect(route.place.value.screen).toBe("types");
  expect(location.href).toBe("file:///report.html#/0/types?sort=own");
  await open("file:///report.html", { report: {} });
  expect(route.place.value.screen).toBe("overview");
});

describe("links", () => {
  const clicked = (url: string | null, more: Partial<MouseEvent> = {}) => {
    let prevented = false;
    const link = url === null ? null : { getAttribute: () => url };
    route.followLinks({ button: 0, target: { closest: () => link }, preventDefault: () => (prevented = true), ...more } as unknown as MouseEvent);
    return prevented;
  };

  test("of the page are followed without a reload", async () => {
    await open("http://page/0/types");
    expect(clicked("/0/roots")).toBe(true);
    expect(route.place.value.screen).toBe("roots");
  });

  test("of others, and for other tabs, are the browser's", async () => {
    await open("http://page/0/types");
    for (const url of ["https://elsewhere.example/", "mailto:a@b.example", "#top", null]) expect(clicked(url), `${url}`).toBe(false);
    for (const more of [{ button: 1 }, { ctrlKey: true }, { metaKey: true }, { shiftKey: true }, { defaultPrevented: true }]) expect(clicked("/0/roots", more), JSON.stringify(more)).toBe(false);
    expect(route.place.value.screen).toBe("types");
  });
});

// As holdfast writes words for a shell (src/base/text.cc).
const shellWord = (word: string) => (/^[\w\-./:=,+@%]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

describe("words of a command", () => {
  beforeEach(() => open("http://page/"));

  test("stand between blanks, or in quotes", () => {
    expect(route.words("holdfast why 4711 0xc000")).toEqual(["holdfast", "why", "4711", "0xc000"]);
    expect(route.words("  a   b ")).toEqual(["a", "b"]);
    expect(route.words("a 'b c' '' d'e f'g")).toEqual(["a", "b c", "", "de fg"]);
    expect(route.words("")).toEqual([]);
  });

  test("have quotes and backslashes as a shell has them", () => {
    expect(route.words("'it'\\''s'")).toEqual(["it's"]);
    expect(route.words("a\\ b 'c\\d' \\\\")).toEqual(["a b", "c\\d", "\\"]);
  });

  test("are those that holdfast has written, whatever they are", () => {
    const letters = "ab'\\ \"*[]{}ü/:";
    let seed = 7;
    const random = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
    for (let round = 0; round < 2000; ++round) {
      const written = Array.from({ length: 1 + random(4) }, () => Array.from({ length: random(6) }, () => letters[random(letters.length)]).join(""));
      expect(route.words(written.map(shellWord).join(" "))).toEqual(written);
    }
  });
});

describe("the place of a command", () => {
  beforeEach(() => open("http://page/3/overview"));

  test("is the screen that shows the same", () => {
    const places: Record<string, string> = {
      "holdfast why 4711 0xc000123000": "/3/why?what=0xc000123000",
      "holdfast why 'my core' 'type:map[string]*main.T'": "/3/why?what=type%3Amap%5Bstring%5D*main.T",
      "holdfast show 4711 0xc000123000": "/3/object?at=0xc000123000",
      "holdfast goroutines 4711 --goroutine 17": "/3/goroutine?id=17",
      "holdfast owners 4711 --under global:main.cache": "/3/under?what=global%3Amain.cache",
      "holdfast owners 4711 --under 'label:who=it'\\''s me'": "/3/under?what=label%3Awho%3Dit%27s+me",
      "holdfast types 4711 --list main.T": "/3/objects?of=main.T",
      "holdfast goroutines 4711": "/3/goroutines",
      "holdfast types 4711 --sort own --filter type~main": "/3/types?sort=own&filter=type%7Emain",
      "holdfast spans 4711 --span 0xc000100000": "/3/span?at=0xc000100000",
    };
    for (const [command, place] of Object.entries(places)) expect(route.placeOfCommand(command), command).toBe(place);
  });

  test("is none where no screen shows it, or no command stands", () => {
    for (const command of [null, undefined, "", "holdfast", "holdfast why 4711", "holdfast goroutines 4711 --goroutine", "holdfast diff a b", "holdfast types 4711 --top 5"])
      expect(route.placeOfCommand(command), `${command}`).toBeNull();
  });
});
