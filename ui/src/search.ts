// Where what was typed into the search leads: anything that `why` takes, and a bare word to the types that have it in
// their name.
import { go, href } from "./route";

/** The place that shows what was typed; null for nothing. */
export function placeOf(text: string): string | null {
  const what = text.trim();
  if (what === "") return null;
  if (/^0x[0-9a-f]+$/i.test(what)) return href("object", { at: what });
  if (/^(goroutine[: ]|goroutine$)?\s*\d+$/.test(what)) return href("goroutine", { id: what.replace(/\D/g, "") });
  if (/^(type|global|goroutine|func|alloc|label):/.test(what)) return href("why", { what });
  if (/^[\w./-]+\.go:\d+$/.test(what)) return href("why", { what: `alloc:${what}` });
  // An address in the text of a crash: "unexpected fault address 0xc000123000".
  const address = /\b0x[0-9a-f]{6,16}\b/i.exec(what);
  if (address && /\s/.test(what)) return href("object", { at: address[0] });
  return href("types", { filter: `type~${what.replace(/[[\](){}.*+?^$|\\]/g, "\\$&")}` });
}

export function search(text: string): void {
  const url = placeOf(text);
  if (url) go(url);
}
