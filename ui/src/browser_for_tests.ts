// As much of a browser as modules of the page ask for: their tests run without one.
import { vi } from "vitest";

export interface Pretended {
  /** What the page has written into the history, the first one last. */
  steps: { url: string; replaces: boolean }[];
  /** What a browser does when somebody goes back. */
  back: (url: string) => void;
}

/** Stands at `url`; with `answers` the page is a file. Modules are to be imported after this, and anew for each call. */
export function pretendBrowser(url = "http://page/", answers: unknown = null): Pretended {
  const steps: Pretended["steps"] = [];
  const listeners: Record<string, () => void> = {};
  const location = new URL(url);
  const move = (to: string) => {
    location.href = new URL(to, location.href).href;
  };
  vi.resetModules();
  vi.stubGlobal("location", location);
  vi.stubGlobal("document", { getElementById: (id: string) => (id === "answers" && answers !== null ? { textContent: JSON.stringify(answers) } : null) });
  vi.stubGlobal("addEventListener", (name: string, listener: () => void) => {
    listeners[name] = listener;
  });
  vi.stubGlobal("scrollTo", () => {});
  const step = (replaces: boolean) => (_state: unknown, _title: string, to: string) => {
    steps.unshift({ url: to, replaces });
    move(to);
  };
  vi.stubGlobal("history", { pushState: step(false), replaceState: step(true) });
  const back = (to: string) => {
    move(to);
    listeners.popstate();
  };
  return { steps, back };
}
