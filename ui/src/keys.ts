// The keys of the page. Each is one of the list that `?` shows; typing in a field is no key.
import { signal } from "@preact/signals";
import { isOffline } from "./offline";
import { go, href } from "./route";

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

export const KEY_HELP: [string, string][] = [
  ["/", "search: an address, type, variable, goroutine, function or line"],
  ["g, then a letter", `go to a screen: ${SCREENS.map(({ key, name }) => `${key} ${name}`).join(", ")}`],
  ["↑ ↓ ← →", "walk in a table or picture"],
  ["Enter", "open what is chosen"],
  ["Backspace", "back; in a picture one level up"],
  ["Esc", "close, or leave a field"],
  ["?", "these keys"],
];

let went = 0;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}

export function onKey(event: KeyboardEvent): void {
  if (event.key === "Escape") {
    showsKeys.value = false;
    if (isTyping(event.target)) (event.target as HTMLElement).blur();
    return;
  }
  if (event.defaultPrevented || isTyping(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
  const screen = SCREENS.find(({ key }) => key === event.key);
  if (event.timeStamp - went < 1500 && screen) {
    went = 0;
    event.preventDefault();
    go(href(screen.id));
  } else if (event.key === "g") {
    went = event.timeStamp;
  } else if (event.key === "?") {
    showsKeys.value = !showsKeys.value;
  } else if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "Backspace") {
    history.back();
  }
}
