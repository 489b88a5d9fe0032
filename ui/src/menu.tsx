// The menu of the right button: what can be done with the thing below the pointer. All of it can be done otherwise too.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** Copies a text, opens a place in a tab, or does something. */
export type Deed = { copies: string } | { opens: string } | { does: () => void };

const menu = signal<{ x: number; y: number; entries: readonly (readonly [string, Deed])[] } | null>(null);

export function openMenu(event: MouseEvent, entries: readonly (readonly [string, Deed])[]): void {
  event.preventDefault();
  menu.value = { x: event.clientX, y: event.clientY, entries };
}

function run(deed: Deed): void {
  menu.value = null;
  if ("copies" in deed) void navigator.clipboard?.writeText(deed.copies);
  else if ("opens" in deed) open(deed.opens, "_blank");
  else deed.does();
}

export function Menu() {
  const box = useRef<HTMLUListElement>(null);
  const shown = menu.value;
  useEffect(() => {
    if (!shown || !box.current) return;
    box.current.style.left = `${Math.min(shown.x, innerWidth - box.current.offsetWidth - 8)}px`;
    box.current.style.top = `${Math.min(shown.y, innerHeight - box.current.offsetHeight - 8)}px`;
    box.current.querySelector("button")?.focus();
    const close = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) menu.value = null;
    };
    const events = ["mousedown", "scroll", "popstate"];
    for (const name of events) addEventListener(name, close, true);
    return () => {
      for (const name of events) removeEventListener(name, close, true);
    };
  }, [shown]);
  if (!shown) return null;
  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") menu.value = null;
    if (!step) return;
    event.preventDefault();
    const all = [...(box.current?.querySelectorAll("button") ?? [])];
    all[(all.indexOf(document.activeElement as HTMLButtonElement) + step + all.length) % all.length].focus();
  };
  return (
    <ul class="menu" role="menu" ref={box} onKeyDown={move}>
      {shown.entries.map(([name, deed]) => (
        <li key={name} role="none">
          <button type="button" role="menuitem" onClick={() => run(deed)}>
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}
