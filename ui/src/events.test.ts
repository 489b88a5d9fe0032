import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { hear } from "./events";

// The server, as far as a page listens to it.
class Source {
  static readonly CLOSED = 2;
  static open: Source[] = [];
  static opened = 0;
  readyState = 1;
  onerror: (() => void) | null = null;
  private readonly listeners = new Map<string, (event: { data: string }) => void>();

  constructor(readonly url: string) {
    Source.open.push(this);
    ++Source.opened;
  }
  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.listeners.set(name, listener);
  }
  close(): void {
    this.readyState = Source.CLOSED;
    Source.open = Source.open.filter((one) => one !== this);
  }
  tell(name: string, data: unknown): void {
    this.listeners.get(name)?.({ data: JSON.stringify(data) });
  }
  fail(isOver: boolean): void {
    if (isOver) this.close();
    this.onerror?.();
  }
}

// What is between tabs of a browser: all of a name hear what one says, but for itself.
class Channel {
  static all: Channel[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly name: string) {
    Channel.all.push(this);
  }
  postMessage(data: unknown): void {
    for (const one of Channel.all) if (one !== this && one.name === this.name) queueMicrotask(() => Channel.all.includes(one) && one.onmessage?.({ data: structuredClone(data) }));
  }
  close(): void {
    Channel.all = Channel.all.filter((one) => one !== this);
  }
}

// One after the other has the lock of a name, until what it promised has come.
class Locks {
  private readonly last = new Map<string, Promise<unknown>>();
  request(name: string, { signal }: { signal: AbortSignal }, run: () => Promise<void>): Promise<unknown> {
    const before = this.last.get(name) ?? Promise.resolve();
    const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(new DOMException("", "AbortError"))));
    let runs = false;
    const turn = before.then(() => {
      if (signal.aborted) return;
      runs = true;
      return run();
    });
    this.last.set(name, turn);
    return Promise.race([turn, aborted.catch((error) => (runs ? turn : Promise.reject(error)))]);
  }
}

interface Tab {
  heard: [string, unknown][];
  leave: () => void;
}

const rest = () => new Promise((done) => setTimeout(done));

function tab(target = 0): Tab {
  const heard: Tab["heard"] = [];
  return { heard, leave: hear(target, (name, data) => heard.push([name, data])) };
}

beforeEach(() => {
  Source.open = [];
  Source.opened = 0;
  Channel.all = [];
  vi.stubGlobal("EventSource", Source);
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("navigator", { locks: new Locks() });
});
afterEach(() => vi.unstubAllGlobals());

describe("of several tabs", () => {
  test("one listens for all", async () => {
    const tabs = [tab(), tab(), tab()];
    await rest();
    expect(Source.open.map(({ url }) => url)).toEqual(["/api/0/events"]);
    Source.open[0].tell("state", { stage: "ready", look: 1 });
    Source.open[0].tell("counters", { at_ns: 5 });
    await rest();
    for (const { heard } of tabs) expect(heard).toEqual([["state", { stage: "ready", look: 1 }], ["counters", { at_ns: 5 }]]);
  });

  test("one that comes later hears what was said last", async () => {
    const first = tab();
    await rest();
    for (const look of [1, 2]) Source.open[0].tell("state", { look });
    const second = tab();
    await rest();
    expect(second.heard).toEqual([["state", { look: 2 }]]);
    expect(first.heard).toEqual([["state", { look: 1 }], ["state", { look: 2 }]]);
  });

  test("another one listens when the first has gone", async () => {
    const [first, second] = [tab(), tab()];
    await rest();
    first.leave();
    await rest();
    expect([Source.open.length, Source.opened]).toEqual([1, 2]);
    Source.open[0].tell("state", { look: 3 });
    expect(second.heard).toEqual([["state", { look: 3 }]]);
    expect(first.heard).toEqual([]);
  });

  test("one that has gone while it waited never listens", async () => {
    const [first, second] = [tab(), tab()];
    await rest();
    second.leave();
    first.leave();
    await rest();
    expect([Source.open.length, Source.opened]).toEqual([0, 1]);
    expect(Channel.all).toEqual([]);
  });

  test("those of other targets listen for themselves", async () => {
    const [first, second] = [tab(0), tab(1)];
    await rest();
    expect(Source.open.map(({ url }) => url)).toEqual(["/api/0/events", "/api/1/events"]);
    Source.open[1].tell("state", { look: 1 });
    await rest();
    expect(first.heard).toEqual([]);
    expect(second.heard.length).toBe(1);
  });

  test("all hear that the server has gone, and not that it is called again", async () => {
    const tabs = [tab(), tab()];
    await rest();
    Source.open[0].fail(false);
    await rest();
    for (const { heard } of tabs) expect(heard).toEqual([]);
    Source.open[0].fail(true);
    await rest();
    for (const { heard } of tabs) expect(heard).toEqual([["lost", {}]]);
  });
});

describe("where tabs cannot agree", () => {
  test.each(["BroadcastChannel", "locks"])("without %s each listens for itself, and stops when it goes", async (missing) => {
    if (missing === "locks") vi.stubGlobal("navigator", {});
    else vi.stubGlobal("window", {});
    const [first, second] = [tab(), tab()];
    await rest();
    expect(Source.open.length).toBe(2);
    Source.open[1].tell("state", { look: 1 });
    await rest();
    expect(second.heard).toEqual([["state", { look: 1 }]]);
    first.leave();
    second.leave();
    expect([Source.open.length, Channel.all.length]).toEqual([0, 0]);
  });
});
