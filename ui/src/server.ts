// What the server says: answers to questions, and events of the target that is looked at.
import { batch, effect, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { hear } from "./events";
import { answerOf, isOffline } from "./offline";
import { place } from "./route";

export interface State {
  stage: "opening" | "ready" | "failed" | "lost" | "none";
  look: number;
  error?: string;
  code?: string;
}

export interface Counters {
  at_ns: number;
  rss: number | null;
  heap_alloc: number | null;
  next_gc: number | null;
  num_gc: number | null;
  live: number | null;
  goroutines: number | null;
  stacks: number | null;
  last_pause_ns: number | null;
  total_alloc: number | null;
}

// Answers are documented in docs/json.md and docs/web.md; each screen reads what it shows.
export type Json = any;

export const targets = signal<string[]>([]);
const targetsKnown = signal(false);
export const state = signal<State>({ stage: "opening", look: 0 });
export const running = signal("");
export const firstAccount = signal<Json>(null);
export const counters = signal<Counters[]>([]);
export const looks = signal<Json[]>([]);
export const ended = signal<string | null>(null);
export const refused = signal<string | null>(null);

const MOST_COUNTERS = 1800; // an hour

/** Says why there is no answer. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(text);
  }
}

export async function ask(url: string, options: RequestInit = {}): Promise<Json> {
  if (isOffline) {
    let answer: Json;
    try {
      answer = answerOf(url.replace(/^\/api\/\d+\//, ""));
    } catch (error) {
      throw new Refusal("usage", (error as Error).message);
    }
    if (answer === null) throw new Refusal("not-found", "This page is a file, and has no answer to that: holdfast itself has it.");
    return answer;
  }
  let response: Response;
  try {
    response = await fetch(url, { ...options, headers: { "Holdfast-Errors": "body" } });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Refusal("lost", "holdfast does not answer: it has been ended, or cannot be reached");
  }
  const text = await response.text();
  let json: Json;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Refusal("system", text.trim() || `the server answered ${response.status}`);
  }
  if (!response.ok || (json.error && json.code)) throw new Refusal(json.code ?? "system", json.error ?? `the server answered ${response.status}`);
  return json;
}

function listen(target: number): () => void {
  // Most passes are over before a person has read their names.
  let late = 0;
  const takes: Record<string, (data: Json) => void> = {
    state: (data) => {
      state.value = data;
    },
    pass: (data) => {
      clearTimeout(late);
      if (data.running === "") running.value = "";
      else late = setTimeout(() => (running.value = data.running), 200);
    },
    account: (data) => {
      firstAccount.value = data;
    },
    look: (data) => {
      if (data.look === looks.value.length + 1) looks.value = [...looks.value, data];
      else if (data.look > looks.value.length) ask(`/api/${target}/looks`).then((all) => (looks.value = all), () => {});
    },
    counters: (data) => {
      if (counters.value.at(-1)?.at_ns === data.at_ns) return;
      counters.value = [...counters.value.slice(1 - MOST_COUNTERS), data];
    },
    ended: (data) => {
      ended.value = data.what;
    },
    refused: (data) => {
      refused.value = data.error;
    },
    lost: () => {
      state.value = { ...state.value, stage: "lost" };
    },
  };
  return hear(target, (name, data) => takes[name]?.(data));
}

/** Listens to the target that the place names, and to the next one when that changes. */
export function begin(): void {
  if (isOffline) {
    state.value = { stage: "ready", look: 1 };
    return;
  }
  readTargets().catch(() => {
    state.value = { ...state.value, stage: "lost" };
  });
  let stop = () => {};
  let heard: string | undefined;
  effect(() => {
    const { target } = place.value;
    if (!targetsKnown.value) return;
    const name = targets.value[target];
    if (name !== undefined && name === heard) return;
    heard = name;
    stop();
    state.value = { stage: name === undefined ? "none" : "opening", look: 0 };
    firstAccount.value = null;
    counters.value = [];
    looks.value = [];
    ended.value = null;
    stop = name === undefined ? () => {} : listen(target);
  });
}

/** Which targets there are: at first, and after another was opened. */
async function readTargets(): Promise<void> {
  const answer = await ask("/api/targets");
  batch(() => {
    targets.value = answer.targets;
    targetsKnown.value = true;
  });
}

/** Opens a target more and returns its number; throws a Refusal if it cannot be found. */
export async function openTarget(name: string): Promise<number> {
  const { number } = await ask(`/api/machine/open?${new URLSearchParams({ target: name })}`, { method: "POST" });
  await readTargets();
  return number;
}

/** Looks at a live process again. */
export function lookAgain(): void {
  refused.value = null;
  ask(`/api/${place.value.target}/look`, { method: "POST" }).catch((error: Error) => {
    refused.value = error.message;
  });
}

export interface Asked {
  answer: Json;
  error: Refusal | null;
  waiting: boolean;
  /** Asks once more, after somebody has stopped it. */
  again: () => void;
}

const kept = new Map<string, Json>();
const MOST_KEPT = 40;
const asking = new Set<AbortController>();
/** Whether the page waits for an answer. */
export const isAsking = signal(false);

/** Gives up all answers that the page waits for, which ends the work on them. */
export function stopAsking(): void {
  for (const control of asking) control.abort("stopped");
}

/**
 * The answer to a question about the target, asked anew for each look at it. A question that nobody waits for any more
 * is taken back, which ends the work on it. Null asks nothing.
 */
export function useAnswer(question: string | null): Asked {
  const { stage, look } = state.value;
  const url = question === null || stage !== "ready" ? null : `/api/${place.value.target}/${question}`;
  const [times, setTimes] = useState(0);
  const key = `${look} ${url}`;
  const again = () => setTimes((before) => before + 1);
  const [asked, setAsked] = useState<Omit<Asked, "again"> & { key: string }>({ key: "", answer: null, error: null, waiting: true });
  useEffect(() => {
    if (url === null || kept.has(key)) return;
    const control = new AbortController();
    const end = () => {
      asking.delete(control);
      isAsking.value = asking.size > 0;
    };
    asking.add(control);
    isAsking.value = true;
    setAsked((before) => ({ ...before, waiting: true, error: null }));
    ask(url, { signal: control.signal })
      .then(
        (answer) => {
          kept.set(key, answer);
          if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
          setAsked({ key, answer, error: null, waiting: false });
        },
        (error) => {
          if (error instanceof Refusal) setAsked({ key, answer: null, error, waiting: false });
          else if (control.signal.reason === "stopped") setAsked({ key, answer: null, error: new Refusal("stopped", "You have stopped this."), waiting: false });
        },
      )
      .finally(end);
    return () => {
      control.abort();
      end();
    };
  }, [url, key, times]);
  if (url !== null && kept.has(key)) return { answer: kept.get(key), error: null, waiting: false, again };
  if (asked.key !== key) return { answer: null, error: null, waiting: true, again };
  return { ...asked, again };
}
