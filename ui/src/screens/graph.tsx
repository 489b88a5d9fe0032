// A part of the heap as boxes and arrows: the ways to something, what is around it, or the circle that it lies in. The
// server says how far each box is from where the ways begin; boxes of one distance stand in one column, and their order
// follows that of the boxes that they come from.
import { useMemo } from "preact/hooks";
import { brief, bytes, count, exactBytes } from "../format";
import { Answer } from "../parts";
import { href, place, setFields } from "../route";
import { type Json, useAnswer } from "../server";

const WIDE = 210;
const HIGH = 46;
const APART = 70; // between columns
const GAP = 12;

export interface Placed {
  box: Json;
  number: number;
  x: number;
  y: number;
}

/** Puts boxes into columns by distance. What leads to a box from the left decides how high it stands. */
export function laidOut(boxes: Json[], arrows: Json[]): { placed: Placed[]; width: number; height: number } {
  const least = Math.min(...boxes.map(({ distance }) => distance));
  const columns = new Map<number, number[]>();
  boxes.forEach(({ distance }, number) => {
    const column = distance - least;
    columns.set(column, [...(columns.get(column) ?? []), number]);
  });
  const from: number[][] = boxes.map(() => []);
  for (const arrow of arrows) from[arrow.to].push(arrow.from);
  const rank = new Map<number, number>();
  const order = [...columns.keys()].sort((a, b) => a - b);
  for (const column of order) {
    const some = columns.get(column) as number[];
    const middle = (number: number) => {
      const ranks = from[number].flatMap((other) => (rank.has(other) ? [rank.get(other) as number] : []));
      return ranks.length === 0 ? Number.MAX_VALUE : ranks.reduce((sum, one) => sum + one, 0) / ranks.length;
    };
    some.sort((a, b) => middle(a) - middle(b) || boxes[b].retained - boxes[a].retained);
    some.forEach((number, at) => rank.set(number, at));
  }
  const tallest = Math.max(...[...columns.values()].map((some) => some.length));
  const placed: Placed[] = boxes.map((box, number) => {
    const some = columns.get(box.distance - least) as number[];
    // Few boxes stand in the middle of the column.
    const shift = ((tallest - some.length) * (HIGH + GAP)) / 2;
    return { box, number, x: order.indexOf(box.distance - least) * (WIDE + APART), y: shift + (rank.get(number) as number) * (HIGH + GAP) };
  });
  return { placed, width: order.length * (WIDE + APART) - APART, height: tallest * (HIGH + GAP) - GAP };
}

const short = (text: string, most: number) => (text.length > most ? `${text.slice(0, most / 2)}…${text.slice(-most / 2 + 1)}` : text);

function Box({ of: { box, x, y } }: { of: Placed }) {
  const name = box.kind === "rest" ? `${count(box.count)} more` : `${box.count > 1 ? `${count(box.count)} × ` : ""}${brief(box.text)}`;
  const sizes = `${box.bytes > 0 ? bytes(box.bytes) : ""}${box.retained > box.bytes ? `${box.bytes > 0 ? ", " : ""}keeps ${bytes(box.retained)}` : ""}`;
  const drawn = (
    <g class={`box box-${box.kind}${box.asked ? " box-asked" : ""}`} transform={`translate(${x} ${y})`}>
      <title>{`${box.text}\n${exactBytes(box.bytes)}, keeps ${exactBytes(box.retained)}${box.address ? `\n${box.address}` : ""}`}</title>
      <rect width={WIDE} height={HIGH} rx="5" />
      <text x="8" y="18">
        {short(name, 30)}
      </text>
      <text x="8" y="36" class="box-size">
        {sizes}
      </text>
    </g>
  );
  return box.address ? (
    <a href={href("object", { at: box.address })}>
      {drawn}
    </a>
  ) : (
    drawn
  );
}

function Drawn({ answer }: { answer: Json }) {
  const { placed, width, height } = useMemo(() => laidOut(answer.boxes, answer.arrows), [answer]);
  const line = (from: Placed, to: Placed) => {
    const forward = to.x > from.x;
    const x1 = forward ? from.x + WIDE : from.x + WIDE / 2;
    const y1 = forward ? from.y + HIGH / 2 : from.y + HIGH;
    const x2 = forward ? to.x : to.x + WIDE / 2;
    const y2 = forward ? to.y + HIGH / 2 : to.y + HIGH;
    return forward ? `M${x1} ${y1} C${x1 + APART / 2} ${y1} ${x2 - APART / 2} ${y2} ${x2} ${y2}` : `M${x1} ${y1} C${x1} ${y1 + 30} ${x2} ${y2 + 30} ${x2} ${y2}`;
  };
  return (
    <div class="scroller graph" tabIndex={0} role="region" aria-label="graph">
      <svg width={width + 4} height={height + 44} viewBox={`-2 -2 ${width + 4} ${height + 44}`} role="group" aria-label={answer.title}>
        <defs>
          <marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">
            <path d="M0 0 L8 4 L0 8 z" class="tip" />
          </marker>
        </defs>
        {answer.arrows.map((arrow: Json, index: number) => {
          const from = placed[arrow.from];
          const to = placed[arrow.to];
          const words = `${arrow.text}${arrow.count > 1 ? ` × ${count(arrow.count)}` : ""}`;
          return (
            <g key={index} class="arrow">
              <path d={line(from, to)} marker-end="url(#tip)">
                <title>{words}</title>
              </path>
              {to.x > from.x ? (
                <text x={(from.x + WIDE + to.x) / 2} y={(from.y + to.y) / 2 + HIGH / 2 - 4} text-anchor="middle">
                  {short(words, 12)}
                </text>
              ) : null}
            </g>
          );
        })}
        {placed.map((one) => (
          <Box key={one.number} of={one} />
        ))}
      </svg>
    </div>
  );
}

const VIEWS: [string, string, string][] = [
  ["path", "Ways", "shortest ways from the roots"],
  ["neighbourhood", "Around it", "what refers to it and what it refers to, two steps far"],
  ["component", "Circle", "objects that lead to each other, and what holds them"],
];

export function Graph() {
  const { fields } = place.value;
  const what = fields.get("what") ?? "";
  const of = fields.get("of") ?? "path";
  const asked = useAnswer(`picture?${new URLSearchParams({ what, of })}`);
  return (
    <>
      <h1>Graph of {brief(what)}</h1>
      <p>
        <a href={href("why", { what })}>the same in words</a>
      </p>
      <div class="views" role="group" aria-label="view">
        {VIEWS.map(([id, name, meaning]) => (
          <button key={id} type="button" aria-pressed={of === id} title={meaning} onClick={() => setFields({ of: id })}>
            {name}
          </button>
        ))}
      </div>
      <Answer asked={asked}>
        {(answer) => (
          <>
            <p>
              {answer.title}: {count(answer.objects)} objects, {bytes(answer.bytes)}, in {count(answer.boxes.length)} boxes
              {answer.not_looked_at > 0 ? `; ${count(answer.not_looked_at)} more were not looked at` : ""}
            </p>
            <Drawn answer={answer} />
          </>
        )}
      </Answer>
    </>
  );
}
