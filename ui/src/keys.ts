// The keys of the page. Each is one of the list that `?` shows; typing in a field is no key.
import { signal } from "@preact/signals";
import { isOffline } from "./offline";
import { showsPalette } from "./palette";
import { turnPin } from "./pins";
import { go, href, place } from "./route";
import { isAsking, stopAsking } from "./server";
import { goBeside } from "./walked";

// A file has no answers to what is not among these.
const OFFLINE = ["overview", "findings", "owners", "types", "goroutines", "roots", "cycles"];

export const SCREENS: { id: string; name: string; key: string }[] = [
  { id: "open", name: "Open", key: "n" },
  { id: "overview", name: "Overview", key: "o" },
  { id: "live", name: "Live", key: "l" },
  { id: "findings", name: "Findings", key: "f" },
  { id: "owners", name: "Owners", key: "w" },
  { id: "flame", name: "Flame graph", key: "m" },
  { id: "types", name: "Types", key: "t" },
  { id: "goroutines", name: "Goroutines", key: "g" },
  { id: "roots", name: "Globals and roots", key: "r" },
  { id: "slices", name: "Slices", key: "s" },
  { id: "spans", name: "Spans", key: "a" },
  { id: "map", name: "Address map", key: "p" },
  { id: "cycles", name: "Cycles", key: "c" },
  { id: "evidence", name: "Evidence", key: "v" },
  { id: "compare", name: "Compare", key: "d" },
  { id: "export", name: "Export", key: "e" },
  { id: "query", name: "Query", key: "q" },
].filter(({ id }) => !isOffline || OFFLINE.includes(id));

export const showsKeys = signal(false);

/** What a screen about one thing is about: an object's address, or a type, variable, goroutine. */
function subject(): string {
  const { screen, fields } = place.value;
  if (screen === "objects") return `type:${fields.get("of") ?? ""}`;
  if (screen === "goroutine") return `goroutine:${fields.get("id") ?? ""}`;
  return fields.get("at") ?? fields.get("what") ?? fields.get("free") ?? "";
}

const isAddress = (what: string) => /^0x/i.test(what);

// Where the keys lead from a screen about one thing; null if nowhere.
const LEADS: Record<string, (what: string) => string | null> = {
  h: (what) => href("why", { what }),
  d: (what) => href("under", { what }),
  r: (what) => (isAddress(what) ? href("graph", { what, of: "neighbourhood" }) : null),
  c: (what) => (isAddress(what) ? href("cut", { free: what }) : null),
};

export const KEY_HELP: [string, string][] = [
  ["/", "search: an address, type, variable, goroutine, function or line"],
  ["other letters", "begin a search with them"],
  ["Ctrl-K", "go to a screen, a pin or a target by a part of its name"],
  ["g, then a letter", `go to a screen: ${SCREENS.map(({ key, name }) => `${key} ${name}`).join(", ")}`],
  ["↑ ↓ ← →", "walk in a table, tree or picture; in a tree → unfolds and ← folds"],
  ["+ − *", "unfold, fold, unfold all; in a picture go in, go out, see all"],
  ["Enter", "open what is chosen"],
  ["Backspace", "back; in a picture one level up"],
  ["[ ]", "of the table that led here, what its row before or behind opens"],
  ["h d r c", "of the thing that the screen is about: who holds it, what it keeps alive, what is around it, what would free it"],
  ["p", "pin this place, or take the pin away"],
  ["Ctrl-C", "in a table where nothing is marked: copy the rows in sight as text"],
  ["Esc", "stop what is computed; close; leave a field"],
  ["?", "these keys"],
];

const NEVER = Number.NEGATIVE_INFINITY;
let went = NEVER; // when g was pressed

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

function onEscape(event: KeyboardEvent): void {
  showsKeys.value = false;
  if (isTyping(event.target)) (event.target as HTMLElement).blur();
  else if (isAsking.value) stopAsking();
}

/** Whether the key was one of those that lead on from a screen about one thing. */
function leadsOn(key: string): boolean {
  const what = subject();
  const url = what === "" ? undefined : LEADS[key]?.(what);
  if (url) go(url);
  return key in LEADS && what !== "";
}

function pinHere(): void {
  const url = href(place.value.screen, place.value.fields);
  turnPin(url, document.querySelector("main h1")?.textContent?.trim() ?? place.value.screen);
}

export function onKey(event: KeyboardEvent): void {
  if (event.key === "Escape") return onEscape(event);
  if (event.key === "k" && (event.ctrlKey || event.metaKey) && !isOffline) {
    event.preventDefault();
    showsPalette.value = !showsPalette.value;
    return;
  }
  if (event.defaultPrevented || isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  const { key } = event;
  const screen = SCREENS.find((one) => one.key === key);
  const search = document.getElementById("search");
  if (event.timeStamp - went < 1500 && screen) {
    went = NEVER;
    event.preventDefault();
    go(href(screen.id));
  } else if (key === "g") {
    went = event.timeStamp;
  } else if (key === "?") {
    showsKeys.value = !showsKeys.value;
  } else if (key === "/") {
    event.preventDefault();
    search?.focus();
  } else if (key === "Backspace") {
    history.back();
  } else if (key === "[" || key === "]") {
    goBeside(key === "]" ? 1 : -1);
  } else if (key === "p") {
    pinHere();
  } else if (!leadsOn(key) && /^[A-Za-z]$/.test(key)) {
    search?.focus(); // and the letter goes there
  }
}
