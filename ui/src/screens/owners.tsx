// Whose the memory is: as an icicle, or as a table.
import { useMemo } from "preact/hooks";
import { count } from "../format";
import { Icicle, treeOf } from "../icicle";
import { Answer } from "../parts";
import { place, setFields } from "../route";
import { type Json, useAnswer } from "../server";
import { Table } from "../table";

function Picture({ answer }: { answer: Json }) {
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
      <Icicle tree={tree} root={root} onRoot={goTo} />
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
      {by === "table" ? <Table name="owners" caption="owners" /> : <Answer asked={asked}>{(answer) => <Picture answer={answer} />}</Answer>}
    </>
  );
}
