// The heap as it lies in memory: cells of equal size, coloured by what is in them. A cell leads to the spans in it.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { penOf, useWidth } from "../canvas";
import { bytes, count, share } from "../format";
import { Hint, useHint } from "../hint";
import { Answer } from "../parts";
import { href, place, setFields } from "../route";
import { type Json, useAnswer } from "../server";
import { Table } from "../table";

const SIDE = 12; // pixels of a cell

// What a cell is drawn as, from what most of it is. A sparse one is what fragmentation is made of.
const KINDS = [
  { id: "full", sign: "█", words: "in use: at least three quarters live", color: ["#2a8c4a", "#4fae6d"] },
  { id: "partly", sign: "▓", words: "in part: at least a quarter lives", color: ["#9cc9a8", "#35643f"] },
  { id: "sparse", sign: "░", words: "sparse: something lives, less than a quarter; it keeps the rest", color: ["#e0703c", "#e88c5e"] },
  { id: "garbage", sign: "◌", words: "waits for the collector: nothing in it lives", color: ["#e6c25a", "#a98a2a"] },
  { id: "free", sign: "□", words: "free slots only", color: ["#c3cfda", "#55606b"] },
  { id: "none", sign: " ", words: "in no span", color: ["#eceff2", "#22272c"] },
] as const;

function kindOf(answer: Json, row: number): number {
  const live = answer.live[row];
  const whole = live + answer.garbage[row] + answer.free[row];
  if (live * 4 >= whole * 3) return 0;
  if (live * 4 >= whole) return 1;
  if (live > 0) return 2;
  return answer.garbage[row] > 0 ? 3 : 4;
}

const addressOf = (answer: Json, cell: number) => `0x${(BigInt(answer.begin) + BigInt(cell) * BigInt(answer.cell_bytes)).toString(16)}`;

function Cells({ answer, onOpen }: { answer: Json; onOpen: (cell: number) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const hint = useHint();
  const width = useWidth(canvas);
  const [chosen, setChosen] = useState(0);
  const rowOf = useMemo(() => new Map<number, number>(answer.cell.map((cell: number, row: number) => [cell, row])), [answer]);
  const columns = Math.max(8, Math.floor(width / SIDE));
  const height = Math.ceil(answer.cells / columns) * SIDE;
  useEffect(() => {
    const pen = penOf(canvas.current, width, height);
    if (!pen) return;
    const theme = matchMedia("(prefers-color-scheme: dark)").matches ? 1 : 0;
    for (let cell = 0; cell < answer.cells; ++cell) {
      const row = rowOf.get(cell);
      pen.fillStyle = KINDS[row === undefined ? 5 : kindOf(answer, row)].color[theme];
      pen.fillRect((cell % columns) * SIDE, Math.floor(cell / columns) * SIDE, SIDE - 1, SIDE - 1);
    }
    pen.strokeStyle = theme ? "#fff" : "#000";
    pen.lineWidth = 2;
    pen.strokeRect((chosen % columns) * SIDE, Math.floor(chosen / columns) * SIDE, SIDE - 1, SIDE - 1);
  }, [answer, width, chosen]);
  const at = (event: MouseEvent): number => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.min(answer.cells - 1, Math.floor((event.clientY - box.top) / SIDE) * columns + Math.min(columns - 1, Math.floor((event.clientX - box.left) / SIDE)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (step) {
      event.preventDefault();
      setChosen((now) => Math.max(0, Math.min(answer.cells - 1, now + step)));
    } else if (event.key === "Enter") onOpen(chosen);
  };
  const row = rowOf.get(chosen);
  const words = row === undefined ? "in no span" : `${bytes(answer.live[row])} live, ${bytes(answer.garbage[row])} garbage, ${bytes(answer.free[row])} free${answer.absent[row] > 0 ? `; ${bytes(answer.absent[row])} not in memory` : ""}; ${count(answer.spans[row])} spans begin here`;
  return (
    <figure class="icicle">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={`The heap by address, ${count(answer.cells)} cells of ${bytes(answer.cell_bytes)}. Arrows walk, Enter goes into a cell.`}
        onMouseMove={(event) => {
          setChosen(at(event));
          hint.at(event);
        }}
        onMouseLeave={hint.hide}
        onClick={(event) => onOpen(at(event))}
        onKeyDown={onKeyDown}
      />
      <Hint hint={hint}>
        <b>{addressOf(answer, chosen)}</b>
        <br />
        {words}
      </Hint>
      <figcaption>
        <span role="status" aria-live="polite">
          <b>{addressOf(answer, chosen)}</b> {words}
        </span>
      </figcaption>
    </figure>
  );
}

export function AddressMap() {
  const { fields } = place.value;
  const from = fields.get("from") ?? "";
  const to = fields.get("to") ?? "";
  const asked = useAnswer(`map?${new URLSearchParams(from ? { from, to } : {})}`);
  const open = (answer: Json, cell: number) => setFields({ from: addressOf(answer, cell), to: addressOf(answer, cell + 1), filter: "" }, false);
  return (
    <Answer asked={asked} title="Address map">
      {(answer) => {
        const whole = answer.live_bytes + answer.garbage_bytes + answer.free_bytes;
        const kinds = KINDS.map(() => ({ cells: 0, free: 0 }));
        for (let row = 0; row < answer.cell.length; ++row) {
          const kind = kinds[kindOf(answer, row)];
          ++kind.cells;
          kind.free += answer.free[row];
        }
        kinds[5].cells = answer.cells - answer.cell.length;
        return (
          <>
            <h1>
              Address map <span class="aside">{from ? `from ${from}` : "the whole heap"}</span>
            </h1>
            {from ? (
              <p>
                <a href={href("map")}>the whole heap</a>
              </p>
            ) : null}
            {answer.span_count === 0 ? (
              <p>No span begins there.</p>
            ) : (
              <>
                <p>
                  {bytes(whole)} in {count(answer.span_count)} spans: {bytes(answer.live_bytes)} live ({share(answer.live_bytes, whole)}), {bytes(answer.garbage_bytes)} garbage, {bytes(answer.free_bytes)} free inside of
                  spans ({share(answer.free_bytes, whole)}){answer.absent_bytes ? `; ${bytes(answer.absent_bytes)} of it not in memory` : ""}. A cell is {bytes(answer.cell_bytes)}.
                </p>
                <Cells answer={answer} onOpen={(cell) => open(answer, cell)} />
                <ul class="states">
                  {KINDS.map(({ id, sign, words }, kind) =>
                    kinds[kind].cells > 0 ? (
                      <li key={id}>
                        <span class={`cell cell-${id}`} aria-hidden="true">
                          {sign}
                        </span>{" "}
                        {count(kinds[kind].cells)} {words}
                        {kinds[kind].free > 0 && id !== "free" ? <span class="aside"> ({bytes(kinds[kind].free)} free in them)</span> : null}
                      </li>
                    ) : null,
                  )}
                </ul>
              </>
            )}
            <h2>{from ? "Spans here" : "By size class"}</h2>
            {from ? (
              <Table name="spans" caption="spans" always={[`address>=${from}`, `address<${to}`]} />
            ) : (
              <Table name="span-classes" caption="size classes" />
            )}
          </>
        );
      }}
    </Answer>
  );
}
