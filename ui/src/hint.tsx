// What is said beside the pointer once it rests, as long as it is over something.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

const SETTLES = 100; // milliseconds

export interface HintState {
  place: { x: number; y: number } | null;
  at: (event: MouseEvent) => void;
  hide: () => void;
}

export function useHint(): HintState {
  const [place, setPlace] = useState<{ x: number; y: number } | null>(null);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    place,
    at: (event) => {
      const { clientX: x, clientY: y } = event;
      clearTimeout(timer.current);
      if (place) setPlace({ x, y });
      else timer.current = window.setTimeout(() => setPlace({ x, y }), SETTLES);
    },
    hide: () => {
      clearTimeout(timer.current);
      setPlace(null);
    },
  };
}

/** The same is always said elsewhere for who has no pointer, so a screen reader need not read this. */
export function Hint({ hint, children }: { hint: HintState; children: ComponentChildren }) {
  const card = useRef<HTMLDivElement>(null);
  const { place } = hint;
  // Styles are set by a script, since the page allows none in its text.
  useEffect(() => {
    if (!card.current || !place) return;
    const { offsetWidth: width, offsetHeight: height } = card.current;
    card.current.style.left = `${Math.max(4, Math.min(place.x + 14, innerWidth - width - 8))}px`;
    card.current.style.top = `${place.y + 18 + height > innerHeight ? place.y - height - 10 : place.y + 18}px`;
  });
  if (!place) return null;
  return (
    <div class="hint" ref={card} aria-hidden="true">
      {children}
    </div>
  );
}
