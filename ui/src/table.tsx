// Tables of the server, of which only the rows in sight are fetched and drawn: sorted and filtered there, so a table of
// a hundred million rows is as quick as one of ten.
import { useEffect, useRef, useState } from "preact/hooks";
import { brief, bytes, count, duration, exactBytes, share } from "./format";
import { openMenu } from "./menu";
import { go, href, place, placeOfCommand, setFields, setQuery } from "./route";
import { ask, type Json, Refusal, state, useAnswer } from "./server";
import { remember } from "./walked";
import { Failure, Waiting } from "./parts";

const ROW = 26; // pixels
const WINDOW = 100; // rows of one question
const MOST_HEIGHT = 8_000_000; // pixels: browsers cut what is higher

interface Column {
  name: string;
  unit: "text" | "count" | "id" | "bytes" | "address" | "ns" | "flag";
  meaning: string;
  shown: string;
}

interface Page {
  columns: Column[];
  rows: number;
  matching: number;
  sort: string;
  key: string;
  remark?: string;
  [rows: string]: Json;
}

/**
 * What a person writes under a column as filters of holdfast: "main", ">=1MiB", "1000..10000", and of bytes ">=1%" of the
 * live ones, if their number is known.
 */
export function filters(column: Pick<Column, "name" | "unit">, text: string, live = 0): string[] {
  const wanted = text.trim().replace(/(\d+(?:\.\d+)?)\s*%/g, (whole, percent) => (column.unit === "bytes" && live > 0 ? String(Math.round((live * Number(percent)) / 100)) : whole));
  if (wanted === "") return [];
  if (column.unit === "text") return /^!?[=~]/.test(wanted) ? [column.name + wanted] : [`${column.name}~${wanted}`];
  const several = wanted.split(/\s+(?=!=|[<>=])/); // as a range is shown
  if (several.length > 1) return several.flatMap((one) => filters(column, one));
  const range = /^(.+?)\.\.(.+)$/.exec(wanted);
  if (range) return [`${column.name}>=${range[1]}`, `${column.name}<=${range[2]}`];
  return /^(!=|[<>]=?|=)/.test(wanted) ? [column.name + wanted] : [`${column.name}=${wanted}`];
}

// What goroutines do, by colour and sign: working, waiting for somebody, idle for a good reason.
const DOINGS: [RegExp, string, string][] = [
  [/^(running|runnable|syscall|copystack|preempted)/, "●", "works"],
  [/(chan|select|semacquire|sync\.|Mutex|Cond|WaitGroup)/, "◆", "waits"],
];

const DOING_WORDS: Record<string, string> = {
  leaks: "nobody can ever wake it",
  works: "it works, or wants to",
  waits: "it waits for another goroutine",
  rests: "it waits for time, the network or the runtime",
};

function Doing({ words, leaks = false }: { words: string; leaks?: boolean }) {
  const [, sign, kind] = leaks ? [null, "✖", "leaks"] : (DOINGS.find(([pattern]) => pattern.test(words)) ?? [null, "○", "rests"]);
  return (
    <span class={`doing-${kind}`} title={DOING_WORDS[kind]}>
      {sign} {words}
    </span>
  );
}

/** A cell as text for other programs. */
function plain(column: Column, value: Json): string {
  if (value === null || value === undefined) return "-";
  if (column.unit === "bytes") return bytes(value);
  return column.unit === "count" ? count(value) : column.unit === "ns" ? duration(value) : String(value);
}

export function markdown(columns: Column[], rows: Json[]): string {
  const line = (cells: string[]) => `| ${cells.map((one) => one.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns.map(({ name }) => name)), line(columns.map(({ unit }) => (unit === "text" || unit === "address" ? "---" : "---:"))), ...rows.map((row) => line(columns.map((column) => plain(column, row[column.name]))))].join("\n");
}

/** Columns under each other, numbers to the right. */
export function aligned(columns: Column[], rows: Json[]): string {
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => columns.map((column) => plain(column, row[column.name])))];
  const widths = columns.map((_, at) => Math.max(...lines.map((cells) => cells[at].length)));
  const isText = columns.map(({ unit }) => unit === "text" || unit === "address");
  return lines.map((cells) => cells.map((one, at) => (isText[at] ? one.padEnd(widths[at]) : one.padStart(widths[at]))).join("  ").trimEnd()).join("\n");
}

function cell(column: Column, value: Json, live: number) {
  if (value === null || value === undefined) return <span class="none">–</span>;
  switch (column.unit) {
    case "bytes":
      return <span title={`${exactBytes(value)}${live > 0 ? `; ${share(value, live)} of what lives` : ""}`}>{bytes(value)}{column.name === "retained" && live > 0 ? <span class="share"> {share(value, live)}</span> : null}</span>;
    case "count":
      return count(value);
    case "ns":
      return <span title={`${count(value)} ns`}>{duration(value)}</span>;
    case "flag":
      return value ? "yes" : "no";
    case "address":
      return <a href={href("object", { at: value })}>{value}</a>;
    case "text":
      return column.name === "doing" ? <Doing words={value} /> : <span title={value}>{brief(value)}</span>;
    default:
      return String(value);
  }
}

/** Asks for the rows from `from` on. What was asked before stays until the answer is there. */
function usePage(url: string, from: number) {
  const [page, setPage] = useState<{ url: string; from: number; page: Page } | null>(null);
  const [error, setError] = useState<Refusal | null>(null);
  const { stage, look } = state.value;
  useEffect(() => {
    if (stage !== "ready") return;
    const control = new AbortController();
    ask(`${url}&from=${from}&count=${WINDOW * 2}`, { signal: control.signal }).then(
      (answer) => {
        setError(null);
        setPage({ url, from, page: answer });
      },
      (failed) => {
        if (failed instanceof Refusal) setError(failed);
      },
    );
    return () => control.abort();
  }, [url, from, stage, look]);
  return { page, error };
}

/** Stands for the rows that are out of sight. */
function Room({ height }: { height: number }) {
  return <tr aria-hidden="true" class="room" style={{ height: `${height}px` }} />;
}

interface Wanted {
  name: string;
  of?: string;
  caption: string;
  /** Columns that stand first. */
  first?: string[];
  /** Filters that are no matter of the person's. */
  always?: string[];
}

export function Table({ name, of = "", caption, first: leading = [], always = [] }: Wanted) {
  const fields = place.value.fields;
  const sort = fields.get("sort") ?? "";
  const wanted = fields.getAll("filter");
  const base = new URLSearchParams({ name });
  if (of !== "") base.set("of", of);
  if (sort !== "") base.set("sort", sort);
  for (const one of [...always, ...wanted]) base.append("filter", one);
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [chosen, setChosen] = useState(0);
  const chosenNow = useRef(0); // a key may come before the row of the one before is drawn
  const url = `/api/${place.value.target}/table?${base}`;
  const total = useRef(0);
  const scale = Math.max(1, (total.current * ROW) / MOST_HEIGHT);
  const first = Math.floor((top * scale) / ROW);
  const from = Math.max(0, Math.floor(first / WINDOW) * WINDOW);
  const { page: got, error } = usePage(url, from);
  const report = useAnswer("report");
  useEffect(() => {
    setTop(0);
    setChosen(0);
    chosenNow.current = 0;
    scroller.current?.scrollTo(0, 0);
  }, [url]);
  useEffect(() => {
    const measure = () => setHeight(scroller.current?.clientHeight ?? 600);
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, [got === null]);
  if (error) return <Failure error={error} />;
  if (!got) return <Waiting />;
  const { page } = got;
  total.current = page.matching;
  const rank = ({ name: column }: Column) => (leading.includes(column) ? leading.indexOf(column) : leading.length);
  const columns = page.columns.filter(({ shown }) => shown !== "when-asked").sort((a, b) => rank(a) - rank(b));
  const rows: Json[] = page[page.key];
  const filled = columns.filter(({ shown, name: column }) => shown !== "if-any" || rows.some((row) => row[column] !== null));
  const visible = Math.ceil(height / ROW) + 2;
  const inView: { number: number; row: Json }[] = [];
  for (let number = first; number < Math.min(first + visible, page.matching); ++number)
    if (number >= got.from && rows[number - got.from]) inView.push({ number, row: rows[number - got.from] });
  const fullHeight = Math.min(page.matching * ROW, MOST_HEIGHT);
  const live = report.answer?.heap.reachable_bytes ?? 0;
  const open = (row: Json, number: number) => {
    remember(url, number, page.matching);
    const target = placeOfCommand(row.open);
    if (target) go(target);
  };
  const choose = (number: number) => {
    const next = Math.max(0, Math.min(page.matching - 1, number));
    setChosen(next);
    chosenNow.current = next;
    const box = scroller.current;
    if (!box) return;
    const y = (next * ROW) / scale;
    if (y < box.scrollTop) box.scrollTop = y;
    if (y > box.scrollTop + height - 3 * ROW) box.scrollTop = y - height + 3 * ROW;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if ((event.target as Element).closest("input")) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: visible - 3, PageUp: 3 - visible, Home: -Infinity, End: Infinity };
    if (event.key in steps) {
      event.preventDefault();
      choose(chosenNow.current + steps[event.key]);
    } else if (event.key === "Enter" && !(event.target as Element).closest("a")) {
      const row = rows[chosenNow.current - got.from];
      if (row) open(row, chosenNow.current);
    }
  };
  // A link in the row opens by itself.
  const choosesBy = (event: MouseEvent, row: Json, number: number) => {
    if ((event.target as Element).closest("a")) return remember(url, number, page.matching);
    setChosen(number);
    open(row, number);
  };
  const menu = (event: MouseEvent, row: Json) => {
    const link = placeOfCommand(row.open);
    const inSight = inView.map(({ row: one }) => one);
    openMenu(event, [
      ...(link ? ([["open in a tab", { opens: link }], ["copy a link to it", { copies: new URL(link, location.href).href }]] as const) : []),
      ["copy the row as Markdown", { copies: markdown(filled, [row]) }],
      ["copy the rows in sight as Markdown", { copies: markdown(filled, inSight) }],
      ["copy the rows in sight as text", { copies: aligned(filled, inSight) }],
    ]);
  };
  const onCopy = (event: ClipboardEvent) => {
    if (!getSelection()?.isCollapsed || (event.target as Element).closest("input")) return;
    event.preventDefault();
    event.clipboardData?.setData("text/plain", aligned(filled, inView.map(({ row }) => row)));
  };
  return (
    <section class="table-box">
      <p class="table-sum" role="status">
        {count(page.matching)} of {count(page.rows)} {caption}
        {page.remark ? <span class="remark"> {page.remark}</span> : null}
      </p>
      <div class="scroller" ref={scroller} onScroll={(event) => setTop((event.target as HTMLElement).scrollTop)} onKeyDown={onKeyDown} onCopy={onCopy} tabIndex={0} role="region" aria-label={caption}>
        <table aria-rowcount={page.matching + 1} aria-label={caption}>
          <thead>
            <tr>
              {filled.map((column) => (
                <Heading key={column.name} column={column} sort={page.sort} filters={wanted} live={live} />
              ))}
            </tr>
          </thead>
          <tbody>
            <Room height={Math.min((first * ROW) / scale, fullHeight)} />
            {inView.map(({ number, row }) => (
              <tr key={number} aria-rowindex={number + 2} class={number === chosen ? "chosen" : ""} onContextMenu={(event) => menu(event, row)} onClick={(event) => choosesBy(event, row, number)}>
                {filled.map((column, index) => (
                  <td key={column.name} class={`is-${column.unit}`}>
                    {index === filled.findIndex(({ unit }) => unit === "text") && placeOfCommand(row.open) ? (
                      <a href={placeOfCommand(row.open) as string} title={String(row[column.name] ?? "")}>
                        {column.name === "doing" ? <Doing words={String(row.doing)} leaks={row.leaked > 0} /> : brief(String(row[column.name] ?? "open"))}
                      </a>
                    ) : (
                      cell(column, row[column.name], live)
                    )}
                  </td>
                ))}
              </tr>
            ))}
            <Room height={Math.max(0, fullHeight - (first * ROW) / scale - inView.length * ROW)} />
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Heading({ column, sort, filters: given, live }: { column: Column; sort: string; filters: string[]; live: number }) {
  const sorted = sort.replace(/^-/, "") === column.name;
  const turned = sort.startsWith("-");
  const direction = !sorted ? "none" : (column.unit === "text") !== turned ? "ascending" : "descending";
  const own = given.filter((one) => one.startsWith(column.name) && /^(!?[=~]|[<>])/.test(one.slice(column.name.length)));
  const text = own.map((one) => one.slice(column.name.length).replace(/^~/, "")).join(" ");
  // What is being written stays when rows come meanwhile.
  const [draft, setDraft] = useState<string | null>(null);
  const turn = () => setFields({ sort: sorted && !turned ? `-${column.name}` : column.name });
  const filter = (value: string) => {
    const rest = given.filter((one) => !own.includes(one));
    const next = new URLSearchParams(place.value.fields);
    next.delete("filter");
    for (const one of [...rest, ...filters(column, value, live)]) next.append("filter", one);
    setQuery(next);
  };
  return (
    <th scope="col" class={`is-${column.unit}`} aria-sort={direction}>
      <div class="column-width">
        <button type="button" class="sorter" title={column.meaning} onClick={turn}>
          {column.name.replaceAll("_", " ")}
          <span aria-hidden="true">{direction === "none" ? "" : direction === "ascending" ? " ▲" : " ▼"}</span>
        </button>
        <input
          class="filter"
          type="search"
          aria-label={`filter ${column.name}`}
          placeholder={column.unit === "text" ? "text" : column.unit === "bytes" ? ">=1MiB" : ""}
          value={draft ?? text}
          onInput={(event) => setDraft((event.target as HTMLInputElement).value)}
          onChange={(event) => {
            setDraft(null);
            filter((event.target as HTMLInputElement).value);
          }}
        />
      </div>
    </th>
  );
}
