// Ctrl-K: goes anywhere by a part of its name: screens, pins, targets; or searches for what was typed.
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { SCREENS } from "./keys";
import { pins } from "./pins";
import { go, href } from "./route";
import { search } from "./search";
import { lookAgain, targets } from "./server";

export const showsPalette = signal(false);

interface Entry {
  name: string;
  does: () => void;
}

function entries(): Entry[] {
  return [
    ...SCREENS.map(({ id, name }) => ({ name, does: () => go(href(id)) })),
    ...pins.value.map(({ url, name }) => ({ name: `pin: ${name}`, does: () => go(url) })),
    ...(targets.value.length > 1 ? targets.value.map((name, number) => ({ name: `target: ${name}`, does: () => go(href("overview", {}, number)) })) : []),
    { name: "look again", does: lookAgain },
  ];
}

export function Palette() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  // Before the next key comes: it is meant for the field.
  useLayoutEffect(() => {
    if (!showsPalette.value) return dialog.current?.close();
    setText("");
    setChosen(0);
    dialog.current?.showModal();
  }, [showsPalette.value]);
  if (!showsPalette.value) return <dialog ref={dialog} aria-label="go to" />;
  const wanted = text.trim().toLowerCase();
  const found = entries().filter(({ name }) => name.toLowerCase().includes(wanted));
  const shown: Entry[] = wanted === "" ? found : [...found, { name: `search for “${text.trim()}”`, does: () => search(text) }];
  const run = (entry: Entry | undefined) => {
    showsPalette.value = false;
    entry?.does();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setChosen((chosen + step + shown.length) % shown.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(shown[chosen]);
    }
  };
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label="go to"
      onClose={() => {
        showsPalette.value = false;
      }}
    >
      <input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="entries"
        aria-activedescendant={`entry-${chosen}`}
        aria-label="screen, pin, target, or what to search for"
        placeholder="screen, pin, target, or what to search for"
        value={text}
        onInput={(event) => {
          setText((event.target as HTMLInputElement).value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="entries" role="listbox" aria-label="places">
        {shown.map((entry, row) => (
          <li key={entry.name} id={`entry-${row}`} role="option" aria-selected={row === chosen} onClick={() => run(entry)}>
            {entry.name}
          </li>
        ))}
      </ul>
    </dialog>
  );
}
