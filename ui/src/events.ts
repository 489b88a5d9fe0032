// Events of a target. A browser has few connections to one server, and a page that opens events keeps one: of several
// tabs only one listens, and tells the others. Where tabs cannot agree (a page of another machine without encryption is
// not trusted with locks), each listens for itself.
import type { Json } from "./server";

const NAMES = ["state", "pass", "account", "look", "counters", "ended", "refused"];

interface Told {
  name?: string;
  data?: Json;
  /** Somebody has just come, and knows nothing. */
  asks?: boolean;
}

/** Calls `take` for each event until the function that is returned is called; with "lost" when the server has gone. */
export function hear(target: number, take: (name: string, data: Json) => void): () => void {
  const last = new Map<string, Json>();
  let source: EventSource | null = null;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`target ${target}`) : null;
  const tell = (name: string, data: Json) => {
    last.set(name, data);
    take(name, data);
    channel?.postMessage({ name, data });
  };
  const listen = () => {
    source = new EventSource(`/api/${target}/events`);
    for (const name of NAMES) source.addEventListener(name, (event) => tell(name, JSON.parse((event as MessageEvent).data)));
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) tell("lost", {});
    };
  };
  if (channel === null || !("locks" in navigator)) {
    listen();
    return () => {
      source?.close();
      channel?.close();
    };
  }
  channel.onmessage = ({ data: told }: MessageEvent<Told>) => {
    if (told.name) take(told.name, told.data);
    else if (source !== null) for (const [name, data] of last) channel.postMessage({ name, data });
  };
  channel.postMessage({ asks: true });
  const stop = new AbortController();
  let end = () => {};
  navigator.locks
    .request(`target ${target}`, { signal: stop.signal }, () => {
      listen();
      return new Promise<void>((ended) => {
        end = ended;
      });
    })
    .catch(() => {});
  return () => {
    source?.close();
    channel.close();
    stop.abort();
    end();
  };
}
