// What slices and strings refer to, drawn to scale: each array as long as its bytes, and in it what a length covers, what is
// capacity behind a length, and what nobody asked to keep.
import { brief, bytes, count } from "../format";
import { Answer, Legend, Views } from "../parts";
import { href, place } from "../route";
import { type Json, useAnswer } from "../server";
import { Table } from "../table";

const MOST = 20; // arrays
const LEAST = 0.1; // of an array: what allocators and growth leave is no news

const PARTS: [string, string][] = [
  ["covered", "covered by the length of a slice or string"],
  ["spare", "capacity behind a length"],
  ["lost", "no header covers it, and it is kept all the same"],
];

function Drawn({ row, largest }: { row: Json; largest: number }) {
  const scale = 1000 / largest;
  const widths: Record<string, number> = { covered: row.covered * scale, spare: row.spare * scale, lost: (row.uncovered - row.spare) * scale };
  let x = 0;
  return (
    <svg class="to-scale" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
      {PARTS.map(([id]) => {
        const begin = x;
        x += widths[id];
        return widths[id] > 0 ? <rect key={id} class={`slice-${id}`} x={begin} y="0" width={Math.max(widths[id], 1)} height="14" /> : null;
      })}
    </svg>
  );
}

function ToScale() {
  const asked = useAnswer(`table?name=slices&sort=uncovered&count=${MOST}`);
  return (
    <Answer asked={asked}>
      {({ slices, matching }) => {
        const wasted = slices.filter((row: Json) => row.uncovered >= LEAST * row.size);
        if (wasted.length === 0) return <p>Slices and strings cover all of the arrays that are listed, or nearly so.</p>;
        const largest = Math.max(...wasted.map(({ size }: Json) => size));
        return (
          <section aria-labelledby="scale">
            <h2 id="scale">
              To scale <span class="aside">{count(wasted.length)} of {count(matching)} arrays, those with most that is not covered</span>
            </h2>
            <Legend parts={PARTS} style="slice" />
            <table class="plain scaled">
              <tbody>
                {wasted.map((row: Json) => (
                  <tr key={row.address}>
                    <td>
                      <a href={href("object", { at: row.address })}>[]{brief(row.element ?? "?")}</a>{" "}
                      <span class="aside">
                        {count(row.len)} of {count(row.cap)}
                      </span>
                    </td>
                    <td class="number">{bytes(row.size)}</td>
                    <td class="scale">
                      <Drawn row={row} largest={largest} />
                      <span class="small">
                        {bytes(row.covered)} covered{row.spare > 0 ? `, ${bytes(row.spare)} spare` : ""}, {bytes(row.uncovered - row.spare)} by nobody; {count(row.headers)} headers
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        );
      }}
    </Answer>
  );
}

const VIEWS: [string, string][] = [
  ["slices", "Arrays"],
  ["slice-places", "By place"],
  ["dangling", "Dangling"],
];

export function Slices() {
  const rows = place.value.fields.get("rows") ?? "slices";
  return (
    <>
      <h1>Slices</h1>
      <Views views={VIEWS} chosen={rows} />
      {rows === "slices" ? <ToScale /> : null}
      <Table key={rows} name={rows} caption={rows === "dangling" ? "words" : rows === "slices" ? "arrays" : "places"} />
    </>
  );
}
