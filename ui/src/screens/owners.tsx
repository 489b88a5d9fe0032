// Whose the memory is: as an icicle, a treemap, or a table.
import { useMemo } from "preact/hooks";
import { count } from "../format";
import { Picture, type Shape, treeOf } from "../picture";
import { Answer } from "../parts";
import { place, setFields } from "../route";
import { type Json, useAnswer } from "../server";
import { Table } from "../table";

function Holding({ answer, shape }: { answer: Json; shape: Shape }) {
  const tree = useMemo(() => treeOf(answer), [answer]);
  const root = Math.min(Number.parseInt(place.value.fields.get("at") ?? "0", 10) || 0, tree.parent.length - 1);
  const above: number[] = [];
  for (let node = root; node > 0; node = tree.parent[node]) above.unshift(node);
  const goTo = (node: number) => setFields({ at: node === 0 ? "" : String(node) }, false);
  const frame = root > 0 ? tree.frames[tree.frame[root]] : null;
  return (
    <>
      <nav class="crumbs" aria-label="where in the picture">
        <button type="button" onClick={() => goTo(0)}>
          all
        </button>
        {above.map((node) => (
          <button key={node} type="button" onClick={() => goTo(node)}>
            {tree.frames[tree.frame[node]].name}
          </button>
        ))}
      </nav>
      <Picture tree={tree} root={root} shape={shape} onRoot={goTo} />
      {frame?.type ? (
        <p class="small">
          {frame.full} {frame.place}
        </p>
      ) : null}
      {tree.foldedNodes > 0 ? <p class="small">{count(tree.foldedNodes)} smaller parts are drawn as one beside their neighbours.</p> : null}
    </>
  );
}

const VIEWS: [string, string, string][] = [
  ["dominators", "Kept alive", "each below what alone keeps it alive"],
  ["ways", "Ways", "each below what comes before it on a shortest way from a root"],
  ["table", "Table", "the owners, each live byte once"],
];

export function Owners() {
  const by = place.value.fields.get("by") ?? "dominators";
  const shape: Shape = place.value.fields.get("as") === "treemap" ? "treemap" : "icicle";
  const asked = useAnswer(by === "table" ? null : `tree?by=${by}`);
  return (
    <>
      <h1>Owners</h1>
      <div class="views" role="group" aria-label="view">
        {VIEWS.map(([id, name, meaning]) => (
          <button key={id} type="button" aria-pressed={by === id} title={meaning} onClick={() => setFields({ by: id, at: "" }, false)}>
            {name}
          </button>
        ))}
      </div>
      {by === "table" ? null : (
        <div class="views" role="group" aria-label="shape">
          {(["icicle", "treemap"] as const).map((name) => (
            <button key={name} type="button" aria-pressed={shape === name} onClick={() => setFields({ as: name === "icicle" ? "" : name })}>
              {name}
            </button>
          ))}
        </div>
      )}
      {by === "table" ? <Table name="owners" caption="owners" /> : <Answer asked={asked}>{(answer) => <Holding answer={answer} shape={shape} />}</Answer>}
    </>
  );
}
