// The heap as it moves: each owner a shape as large as its bytes, what grew since the first look with a ring, and all looks
// on a time line that can be wound back.
import { hierarchy, pack } from "d3-hierarchy";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { brief, bytes, count, duration, share } from "../format";
import { Size, Waiting } from "../parts";
import { href, place, placeOfCommand, setFields } from "../route";
import { type Counters, counters, ended, type Json, lookAgain, looks, state, useAnswer } from "../server";

interface Part {
  state: "active" | "stuck" | "dangling" | "waiting" | "unknown";
  key: string;
  name: string;
  kind: string;
  bytes: number;
  count: number;
  open: string | null;
}

const STATES: Record<Part["state"], [string, string]> = {
  active: ["●", "in use: a root reaches it"],
  stuck: ["◆", "stuck: held by goroutines that can never go on"],
  dangling: ["▲", "dangling: names memory that was freed"],
  waiting: ["■", "waiting for the collector: nothing reaches it"],
  unknown: ["⬢", "not Go's heap: nobody knows whether it is in use"],
};
const EVERY = [0, 2, 5, 15, 60]; // seconds
const SIZE = 640;
const GROWN = 1.05; // times what it was at the first look, and so many bytes more
const GROWN_BYTES = 4096;

interface Placed {
  part: Part;
  x: number;
  y: number;
  r: number;
  first: number;
}

/** Where each part stands. The order is that in which parts came, so that a picture looks like the one before. */
function layOut(parts: Part[], first: Map<string, number>, order: Map<string, number>): Placed[] {
  for (const { key } of parts) if (!order.has(key)) order.set(key, order.size);
  const sorted = parts.slice().sort((a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0));
  // What has no bytes is drawn so that it is seen.
  const least = Math.max(1, parts.reduce((sum, { bytes: size }) => sum + size, 0) / 4000);
  const root = hierarchy<{ part?: Part; children?: { part: Part }[] }>({ children: sorted.map((part) => ({ part })) }).sum(({ part }) => (part ? Math.max(part.bytes, least) : 0));
  return pack<{ part?: Part }>()
    .size([SIZE, SIZE])
    .padding(2)(root as never)
    .leaves()
    .filter(({ data }) => data.part)
    .map(({ data, x, y, r }) => ({ part: data.part as Part, x, y, r, first: first.get((data.part as Part).key) ?? 0 }));
}

/** The corners of a shape; none for a circle. */
function outline({ part, x, y, r }: Placed): string {
  const corners: Record<string, number[]> = { stuck: [0, 90, 180, 270], dangling: [-90, 30, 150], waiting: [45, 135, 225, 315], unknown: [0, 60, 120, 180, 240, 300] };
  return (corners[part.state] ?? []).map((angle) => `${(x + r * Math.cos((angle * Math.PI) / 180)).toFixed(1)},${(y + r * Math.sin((angle * Math.PI) / 180)).toFixed(1)}`).join(" ");
}

function words({ part, first }: Placed, isFirst: boolean): string {
  const change = isFirst || part.bytes === first ? "" : first === 0 ? "; was not there at the first look" : `; ${part.bytes > first ? "+" : ""}${bytes(part.bytes - first)} since the first look`;
  return `${brief(part.name)}: ${bytes(part.bytes)}${part.count > 0 ? `, ${count(part.count)} ${part.kind === "words" ? "words" : "objects"}` : ""}; ${STATES[part.state][1]}${change}`;
}

const grew = ({ part, first }: Placed) => part.bytes > first * GROWN && part.bytes - first >= GROWN_BYTES;

function Picture({ parts, first, isFirst }: { parts: Part[]; first: Part[]; isFirst: boolean }) {
  const order = useRef(new Map<string, number>());
  const before = useMemo(() => new Map(first.map(({ key, bytes: size }) => [key, size])), [first]);
  const placed = useMemo(() => layOut(parts, before, order.current), [parts, before]);
  const [chosen, setChosen] = useState("");
  const told = placed.find(({ part }) => part.key === chosen);
  const grown = isFirst ? [] : placed.filter(grew).sort((a, b) => b.part.bytes - b.first - (a.part.bytes - a.first));
  return (
    <div class="live">
      <svg class="bubbles" viewBox={`0 0 ${SIZE} ${SIZE}`} role="group" aria-label="the heap by owner">
        {placed.map((one) => {
          const { part, x, y, r } = one;
          const url = placeOfCommand(part.open);
          const shape = (
            <g class={`part-state state-${part.state}`}>
              {part.state === "active" ? <circle cx={x} cy={y} r={r} /> : <polygon points={outline(one)} />}
              {isFirst || !grew(one) ? null : part.state === "active" ? <circle class="grown" cx={x} cy={y} r={Math.max(2, r - 1)} /> : <polygon class="grown" points={outline(one)} />}
              {r > 24 ? (
                <text x={x} y={y} text-anchor="middle" aria-hidden="true">
                  <tspan x={x}>{brief(part.name).slice(0, Math.floor(r / 3.4))}</tspan>
                  <tspan x={x} dy="1.2em">
                    {bytes(part.bytes)}
                  </tspan>
                </text>
              ) : null}
            </g>
          );
          const tell = () => setChosen(part.key);
          return url ? (
            <a key={part.key} href={url} onMouseEnter={tell} onFocus={tell}>
              <title>{words(one, isFirst)}</title>
              {shape}
            </a>
          ) : (
            <g key={part.key} role="img" aria-label={words(one, isFirst)} onMouseEnter={tell}>
              {shape}
            </g>
          );
        })}
      </svg>
      <div class="beside">
        <ul class="states">
          {(Object.keys(STATES) as Part["state"][]).map((name) => {
            const of = parts.filter(({ state: its }) => its === name);
            return (
              <li key={name}>
                <span class={`sign state-${name}`}>{STATES[name][0]}</span> {STATES[name][1]}:{" "}
                {name === "dangling" ? `${count(of.reduce((sum, { count: words_ }) => sum + words_, 0))} words` : bytes(of.reduce((sum, { bytes: size }) => sum + size, 0))}
              </li>
            );
          })}
          <li>
            <span class="sign ring">◯</span> grew since the first look
          </li>
        </ul>
        <p class="told" role="status">
          {told ? words(told, isFirst) : "Point at a shape, or go to it with Tab."}
        </p>
        {isFirst ? null : (
          <>
            <h2>Grew most since the first look</h2>
            {grown.length === 0 ? <p>Nothing grew by more than a twentieth.</p> : null}
            <ol class="lines">
              {grown.slice(0, 12).map((one) => (
                <li key={one.part.key}>
                  +{bytes(one.part.bytes - one.first)} {placeOfCommand(one.part.open) ? <a href={placeOfCommand(one.part.open) as string}>{brief(one.part.name)}</a> : brief(one.part.name)} <span class="aside">now {bytes(one.part.bytes)}</span>
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </div>
  );
}

/** Collections of the program's own between two readings of its counters. */
interface Collected {
  at_ns: number;
  last: number;
  many: number;
  pause_ns: number | null;
}

export function collections(read: Counters[]): Collected[] {
  const out: Collected[] = [];
  for (let i = 1; i < read.length; ++i) {
    const many = (read[i].num_gc ?? 0) - (read[i - 1].num_gc ?? 0);
    if (read[i].num_gc !== null && many > 0) out.push({ at_ns: read[i].at_ns, last: read[i].num_gc as number, many, pause_ns: read[i].last_pause_ns });
  }
  return out;
}

/** Looks, the counters between them, collections and pauses over time. */
function TimeLine({ all, at }: { all: Json[]; at: number }) {
  const read = counters.value;
  const times = [...all, ...read].map(({ at_ns }) => at_ns);
  const begin = Math.min(...times);
  const span = Math.max(...times) - begin;
  if (all.length === 0 || span <= 0) return null;
  const most = Math.max(...all.map(({ account, live }) => Math.max(account.rss ?? 0, live)), ...read.map(({ rss, heap_alloc }) => Math.max(rss ?? 0, heap_alloc ?? 0)), 1);
  const longest = Math.max(...all.map(({ pause_ms }) => pause_ms), 0.001);
  const x = (one: { at_ns: number }) => Number(((1000 * (one.at_ns - begin)) / span).toFixed(1));
  const y = (value: number) => (94 - (90 * value) / most).toFixed(1);
  const line = <Of extends { at_ns: number }>(some: Of[], value: (one: Of) => number | null) => some.map((one) => `${x(one)},${y(value(one) ?? 0)}`).join(" ");
  const gc = collections(read);
  const told = gc.at(-1);
  return (
    <>
      <svg class="series" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={`${all.length} looks: live from ${bytes(all[0].live)} to ${bytes(all[all.length - 1].live)}; ${gc.reduce((sum, { many }) => sum + many, 0)} collections`}>
        {all.map((one) => (
          <line key={one.look} class="pause" x1={x(one)} x2={x(one)} y1="100" y2={100 - (30 * one.pause_ms) / longest} />
        ))}
        {gc.map((one) => (
          <line key={one.last} class="collection" x1={x(one)} x2={x(one)} y1="0" y2={Math.min(4 + 2 * one.many, 12)} />
        ))}
        <polyline class="line line-rss" points={read.length > 1 ? line(read, ({ rss }) => rss) : line(all, ({ account }) => account.rss)} />
        {read.length > 1 ? <polyline class="line line-goal" points={line(read, ({ heap_alloc }) => heap_alloc)} /> : null}
        <polyline class="line line-heap" points={line(all, ({ live }) => live)} />
        <line class="now" x1={x(all[at - 1])} x2={x(all[at - 1])} y1="0" y2="100" />
      </svg>
      {all.length > 1 ? (
        <label class="wind">
          look {at} of {all.length}
          <input type="range" min="1" max={all.length} value={at} onInput={(event) => setFields({ look: Number((event.target as HTMLInputElement).value) === all.length ? "" : (event.target as HTMLInputElement).value })} />
        </label>
      ) : null}
      <p class="legend">
        <span class="key line-rss" aria-hidden="true" /> RSS <span class="key line-heap" aria-hidden="true" /> live objects{" "}
        {read.length > 1 ? (
          <>
            <span class="key line-goal" aria-hidden="true" /> objects, garbage included{" "}
          </>
        ) : null}
        <span class="key pause" aria-hidden="true" /> how long it was held still: the longest {longest.toFixed(1)} ms{" "}
        {told ? (
          <>
            <span class="key collection" aria-hidden="true" /> collections: {count(gc.reduce((sum, { many }) => sum + many, 0))}, the last one number {count(told.last)}
            {told.pause_ns === null ? "" : `, which stopped the program for ${duration(told.pause_ns)}`}
          </>
        ) : null}
      </p>
    </>
  );
}

function Flow({ look }: { look: Json }) {
  if (!look.flow) return null;
  const { allocated, freed, stayed, dropped } = look.flow;
  const part = (words_: string, sum: Json) => (
    <>
      <dt>{words_}</dt>
      <dd>
        <Size of={sum.bytes} /> in {count(sum.objects)} objects
      </dd>
    </>
  );
  return (
    <dl class="flow">
      {part("new since the look before", allocated)}
      {part("survived", stayed)}
      {part("freed", freed)}
      {part("no longer reached, not freed yet", dropped)}
    </dl>
  );
}

function Every({ all }: { all: Json[] }) {
  const every = Number(place.value.fields.get("every") ?? "0");
  const { stage } = state.value;
  useEffect(() => {
    if (every === 0 || stage !== "ready" || ended.value !== null) return;
    const timer = setTimeout(lookAgain, every * 1000);
    return () => clearTimeout(timer);
  }, [every, stage, all.length]);
  const pauses = all.map(({ pause_ms }) => pause_ms);
  const mean = pauses.reduce((sum, one) => sum + one, 0) / Math.max(1, pauses.length);
  return (
    <p class="every">
      <label>
        look again{" "}
        <select value={every} onChange={(event) => setFields({ every: (event.target as HTMLSelectElement).value === "0" ? "" : (event.target as HTMLSelectElement).value })}>
          {EVERY.map((seconds) => (
            <option key={seconds} value={seconds}>
              {seconds === 0 ? "when asked" : `every ${seconds} s`}
            </option>
          ))}
        </select>
      </label>{" "}
      <span class="aside">
        each look holds the process still: {mean.toFixed(1)} ms on average so far{every > 0 ? `, ${share(mean, every * 1000 + mean)} of the time` : ""}; its counters are read in between without that
      </span>
    </p>
  );
}

export function Live() {
  const all = looks.value;
  const at = Math.min(Number(place.value.fields.get("look") ?? all.length) || all.length, all.length);
  const now = useAnswer(at > 0 ? `parts?look=${at}` : null);
  const first = useAnswer(at > 0 ? "parts?look=1" : null);
  // While the next look is taken, and where an old picture was not kept, the one before stays.
  const shown = useRef<Json>(null);
  if (now.answer) shown.current = now.answer;
  const parts: Part[] | undefined = shown.current?.parts;
  const begin = first.answer?.parts ?? (at === 1 ? parts : undefined);
  return (
    <>
      <h1>
        Live <span class="aside">{at > 0 ? `look ${at}: ${bytes(all[at - 1].live)} live, ${count(all[at - 1].goroutines)} goroutines, held still for ${all[at - 1].pause_ms.toFixed(1)} ms` : ""}</span>
      </h1>
      {ended.value === null ? <Every all={all} /> : null}
      <TimeLine all={all} at={at} />
      {at > 0 ? <Flow look={all[at - 1]} /> : null}
      {now.error ? <p class="aside">{now.error.message}</p> : null}
      {parts ? <Picture parts={parts} first={begin ?? []} isFirst={at === 1 || !begin} /> : <Waiting />}
      <p class="small">
        No byte is in two shapes. <a href={href("owners")}>Owners</a> shows what is inside of each.
      </p>
    </>
  );
}
