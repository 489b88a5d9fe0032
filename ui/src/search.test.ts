import { expect, test } from "vitest";
import { pretendBrowser } from "./browser_for_tests";

test("what is typed leads to what it names", async () => {
  pretendBrowser();
  const { placeOf } = await import("./search");
  const places: Record<string, string | null> = {
    "": null,
    " 0xC000123000 ": "/0/object?at=0xC000123000",
    "goroutine 17": "/0/goroutine?id=17",
    "17": "/0/goroutine?id=17",
    "global:main.cache": "/0/why?what=global%3Amain.cache",
    "pkg/main.go:36": "/0/why?what=alloc%3Apkg%2Fmain.go%3A36",
    "unexpected fault address 0xc000123000": "/0/object?at=0xc000123000",
    "panic: found pointer 0xc000123000 to unused region": "/0/object?at=0xc000123000",
    "[]byte": "/0/types?filter=type%7E%5C%5B%5C%5Dbyte",
  };
  for (const [typed, place] of Object.entries(places)) expect(placeOf(typed), typed).toBe(place);
});
