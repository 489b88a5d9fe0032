// Every place of the page is a URL: /TARGET/SCREEN?FIELDS, so that back, reload and copied links work.
import { computed, signal } from "@preact/signals";
import { isOffline } from "./offline";

export interface Place {
  target: number;
  screen: string;
  fields: URLSearchParams;
}

// A file has no server that knows its places, so there they stand behind the #.
const BASE = isOffline ? "#" : "";

function read(): Place {
  const url = new URL(isOffline ? location.hash.slice(1) || "/" : location.href, "http://page");
  const [target, screen] = url.pathname.split("/").slice(1);
  return { target: Number.parseInt(target || "0", 10) || 0, screen: screen || "overview", fields: url.searchParams };
}

const current = signal<Place>(read());
export const place = computed(() => current.value);

addEventListener("popstate", () => {
  current.value = read();
});

/** The URL of a screen of the target that is looked at. */
export function href(screen: string, fields: Record<string, string> | URLSearchParams = {}, target = current.value.target): string {
  const query = new URLSearchParams(fields).toString();
  return `${BASE}/${target}/${screen}${query === "" ? "" : `?${query}`}`;
}

export function go(url: string, replaces = false): void {
  if (replaces) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  current.value = read();
  if (!replaces) scrollTo(0, 0);
}

/** Shows this screen with other fields. What is only another view of it makes no step back. */
export function setQuery(next: URLSearchParams, replaces = true): void {
  go(href(current.value.screen, next), replaces);
}

/** Changes fields of this screen; an empty value takes one away. */
export function setFields(fields: Record<string, string>, replaces = true): void {
  const next = new URLSearchParams(current.value.fields);
  for (const [name, value] of Object.entries(fields)) {
    if (value === "") next.delete(name);
    else next.set(name, value);
  }
  setQuery(next, replaces);
}

/** Follows links of the page without a reload. Others, and those for a new tab, are the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = (event.target as Element).closest?.("a[href]");
  const url = link?.getAttribute("href");
  if (!url?.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  go(url);
}

/** The words of a command as a shell takes them apart: what stands in quotes is one, and a letter behind \ is itself. */
export function words(command: string): string[] {
  const out: string[] = [];
  let word = "";
  let began = false;
  let quoted = false;
  let escaped = false;
  for (const letter of command) {
    if (escaped || (quoted && letter !== "'")) {
      word += letter;
      escaped = false;
    } else if (letter === "'") {
      quoted = !quoted;
      began = true;
    } else if (letter === " ") {
      if (began) out.push(word);
      word = "";
      began = false;
    } else {
      escaped = letter === "\\";
      if (!escaped) word += letter;
      began = true;
    }
  }
  if (began) out.push(word);
  return out;
}

// Verbs whose table is a screen of the same name.
const PLAIN = ["goroutines", "spans", "slices", "roots", "cycles", "types", "owners"];

function placeOfTable(verb: string, rest: string[]): string | null {
  const fields = new URLSearchParams();
  for (let at = 0; at < rest.length; at += 2) {
    const value = rest[at + 1];
    if (value === undefined || (rest[at] !== "--filter" && rest[at] !== "--sort")) return null;
    fields.append(rest[at].slice(2), value);
  }
  return href(verb, fields);
}

/** The place in the page that shows what a command of holdfast does; null if there is none. */
export function placeOfCommand(command: string | null | undefined): string | null {
  if (!command) return null;
  const [, verb, , ...rest] = words(command);
  const behind = (flag: string) => {
    const at = rest.indexOf(flag);
    return at < 0 ? undefined : rest[at + 1];
  };
  const goid = behind("--goroutine");
  const under = behind("--under");
  const list = behind("--list");
  const span = behind("--span");
  if (verb === "why" && rest[0]) return href("why", { what: rest[0] });
  if (verb === "show" && rest[0]) return href("object", { at: rest[0] });
  if (verb === "goroutines" && goid) return href("goroutine", { id: goid });
  if (verb === "owners" && under) return href("under", { what: under });
  if (verb === "types" && list) return href("objects", { of: list });
  if (verb === "spans" && span) return href("span", { at: span });
  return verb && PLAIN.includes(verb) ? placeOfTable(verb, rest) : null;
}
