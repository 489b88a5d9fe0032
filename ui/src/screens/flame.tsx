// Stacks as a flame graph: where the memory was allocated, or what keeps it alive; and the frames that are narrow where
// memory is allocated and wide where it is kept.
import { useMemo, useState } from "preact/hooks";
import { pattern, seen, type Wanted } from "../flame";
import { brief, bytes, count } from "../format";
import { Answer, Size } from "../parts";
import { nameOf, Picture, type Tree, treeOf } from "../picture";
import { href, place, setFields } from "../route";
import { type Json, useAnswer } from "../server";

const VIEWS: [string, string, string, string][] = [
  ["in-use", "Allocated, in use", "by the runtime's own samples, as go tool pprof shows them", "in use, by the profile"],
  ["allocated", "Allocated ever", "the same since the program began", "allocated since the program began, by the profile"],
  ["dominators", "Kept alive", "each below what alone keeps it alive", "all live bytes"],
  ["ways", "Ways", "each below what comes before it on a shortest way from a root", "all live bytes"],
];

/** Where more of a frame is to be seen. */
function linkOf(tree: Tree, node: number): string | null {
  const frame = node > 0 ? tree.frames[tree.frame[node]] : null;
  if (!frame) return null;
  if (frame.type) return href("objects", { of: frame.type });
  const file = frame.place ? frame.place.replace(/:\d+$/, "") : "";
  return file.endsWith(".go") ? href("source", { file }) : null;
}

function Chip({ field, name, meaning }: { field: string; name: string; meaning: string }) {
  const given = place.value.fields.get(field) ?? "";
  const isWrong = given !== "" && pattern(given) === null;
  return (
    <label class="chip-field" title={meaning}>
      {name}{" "}
      <input
        type="search"
        defaultValue={given}
        key={given}
        placeholder="a part of a name"
        aria-invalid={isWrong}
        onChange={(event) => setFields({ [field]: (event.target as HTMLInputElement).value, at: "" })}
      />
    </label>
  );
}

function Graph({ answer, of, heavy }: { answer: Json; of: string; heavy: Json | null }) {
  const { fields } = place.value;
  const wanted: Wanted = { inverted: fields.get("inverted") === "1", only: fields.get("only") ?? "", without: fields.get("without") ?? "", from: fields.get("begin") ?? "" };
  const whole = useMemo(() => ({ ...treeOf(answer), of }), [answer, of]);
  const tree = useMemo(() => ({ ...seen(whole, wanted), of }), [whole, wanted.inverted, wanted.only, wanted.without, wanted.from]);
  const root = Math.min(Number.parseInt(fields.get("at") ?? "0", 10) || 0, tree.parent.length - 1);
  const marks = useMemo(() => {
    const functions = new Set((heavy?.heavy ?? []).flatMap(({ places }: Json) => places.map((one: Json) => one.function)));
    const types = new Set((heavy?.heavy ?? []).map(({ type }: Json) => type));
    return new Set<number>(tree.frames.flatMap(({ full, type }: Json, row: number) => (functions.has(full) || (type && types.has(type)) ? [row] : [])));
  }, [tree, heavy]);
  if (tree.total[0] === 0)
    return <p>{whole.total[0] === 0 ? "There are no samples." : "No stack is as it is wanted."}</p>;
  return (
    <>
      {root > 0 ? (
        <p class="crumbs">
          <button type="button" onClick={() => setFields({ at: "" }, false)}>
            all
          </button>{" "}
          {nameOf(tree, root)}
        </p>
      ) : null}
      <Picture
        tree={tree}
        root={root}
        shape="icicle"
        marks={marks}
        marked="allocates little, keeps much alive"
        linkOf={(node) => linkOf(tree, node)}
        onRoot={(node) => setFields({ at: node === 0 ? "" : String(node) }, false)}
      />
      {tree.total[0] < whole.total[0] ? (
        <p class="small">
          {bytes(tree.total[0])} of {bytes(whole.total[0])} are of stacks that are wanted.
        </p>
      ) : null}
    </>
  );
}

const BASIS: Record<string, string> = {
  code: "by the machine code",
  profile: "all samples of the type are from there",
  nothing: "nothing says which line makes it",
};

function Heavy({ answer }: { answer: Json }) {
  const [all, setAll] = useState(false);
  const shown = all ? answer.heavy : answer.heavy.slice(0, 10);
  return (
    <section aria-labelledby="heavy">
      <h2 id="heavy">
        Allocate little, keep much alive{" "}
        <span class="aside">
          at least {Math.round(100 * answer.least_share)} % of what lives, and {answer.least_times} times their own size
        </span>
      </h2>
      {answer.heavy.length === 0 ? <p>There is none: what lives is held by things about as large.</p> : null}
      <table class="plain heavy">
        {answer.heavy.length > 0 ? (
          <thead>
            <tr>
              <th scope="col">itself</th>
              <th scope="col">keeps alive</th>
              <th scope="col">what</th>
              <th scope="col">made at</th>
            </tr>
          </thead>
        ) : null}
        <tbody>
          {shown.map((row: Json) => (
            <tr key={row.type}>
              <td class="number">
                <Size of={row.bytes} />
              </td>
              <td class="number">
                <Size of={row.kept_alive} whole={answer.live_bytes} />
              </td>
              <td title={row.type}>
                <a href={href("objects", { of: row.type })}>{brief(row.type)}</a> <span class="aside">{count(row.objects)}</span>
              </td>
              <td>
                {row.places.map((one: Json, index: number) => (
                  <span key={index}>
                    {index > 0 ? " or " : ""}
                    <a href={href("source", { file: one.file, line: String(one.line) })} title={`${one.function} ${one.file}`}>
                      {brief(one.function)} {one.file.replace(/.*\//, "")}:{one.line}
                    </a>
                  </span>
                ))}{" "}
                <span class="aside">
                  {BASIS[row.by]}
                  {row.doubt ? `; ${row.doubt}` : ""}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {answer.heavy.length > shown.length ? (
        <button type="button" onClick={() => setAll(true)}>
          all {count(answer.heavy.length)}
        </button>
      ) : null}
      {answer.why_no_code ? <p class="small">Lines are not known by machine code: {answer.why_no_code}.</p> : null}
    </section>
  );
}

export function Flame() {
  const by = place.value.fields.get("by") ?? "in-use";
  const inverted = place.value.fields.get("inverted") === "1";
  const asked = useAnswer(`tree?by=${by}`);
  const heavy = useAnswer("heavy");
  const of = VIEWS.find(([id]) => id === by)?.[3] ?? "all";
  const isProfile = by === "in-use" || by === "allocated";
  return (
    <>
      <h1>Flame graph</h1>
      <div class="views" role="group" aria-label="stacks">
        {VIEWS.map(([id, name, meaning]) => (
          <button key={id} type="button" aria-pressed={by === id} title={meaning} onClick={() => setFields({ by: id, at: "" }, false)}>
            {name}
          </button>
        ))}
      </div>
      <div class="views" role="group" aria-label="how">
        <button type="button" aria-pressed={!inverted} onClick={() => setFields({ inverted: "", at: "" })}>
          top down
        </button>
        <button type="button" aria-pressed={inverted} title="what the bytes are, and below it who has them" onClick={() => setFields({ inverted: "1", at: "" })}>
          bottom up
        </button>
        <Chip field="only" name="only" meaning="stacks that have a frame with this in its name" />
        <Chip field="without" name="without" meaning="frames with this in their names are left out, and what is below them stays" />
        <Chip field="begin" name="from" meaning="stacks begin at the first frame with this in its name" />
      </div>
      {isProfile && heavy.answer?.why_no_profile ? <p class="remark">{heavy.answer.why_no_profile}. What is drawn is what it has all the same; the other views need no profile.</p> : null}
      <Answer asked={asked}>{(answer) => <Graph answer={answer} of={of} heavy={heavy.answer} />}</Answer>
      <Answer asked={heavy}>{(answer) => <Heavy answer={answer} />}</Answer>
    </>
  );
}
