// Places that somebody pinned: kept by the browser for each target, as long as the server has the same address.
import { computed, signal } from "@preact/signals";
import { place } from "./route";
import { targets } from "./server";

export interface Pin {
  url: string;
  name: string;
}

const changes = signal(0);
const key = () => `pins ${targets.value[place.value.target] ?? ""}`;

function read(): Pin[] {
  try {
    const kept = JSON.parse(localStorage.getItem(key()) ?? "[]");
    return Array.isArray(kept) ? kept.filter((pin) => typeof pin?.url === "string" && typeof pin?.name === "string") : [];
  } catch {
    return []; // a browser may keep nothing
  }
}

/** Those of the target that is looked at. */
export const pins = computed<Pin[]>(() => {
  changes.value;
  return read();
});

function write(next: Pin[]): void {
  try {
    localStorage.setItem(key(), JSON.stringify(next));
  } catch {
    // they last until the page is left then
  }
  changes.value += 1;
}

/** Pins a place, or takes the pin away. */
export function turnPin(url: string, name: string): void {
  const before = read();
  const others = before.filter((pin) => pin.url !== url);
  write(others.length < before.length ? others : [...before, { url, name }]);
}
