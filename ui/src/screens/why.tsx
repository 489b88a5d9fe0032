// Why something is alive: the ways that lead to it, what all of them go through, and who holds it independently.
import { brief, bytes, count } from "../format";
import { Answer, Bar, Chain, Size } from "../parts";
import { Tree, type TreeRow } from "../tree";
import { isOffline } from "../offline";
import { href, place } from "../route";
import { type Json, useAnswer } from "../server";

function OfOne({ why }: { why: Json }) {
  return (
    <>
      <section>
        <h2>A shortest way from a root</h2>
        <Chain steps={why.shortest} />
      </section>
      {why.through.length > 0 ? (
        <section>
          <h2>Without any of these it would be free</h2>
          <table class="plain">
            <tbody>
              {why.through.map(({ step, retained }: Json, index: number) => (
                <tr key={index}>
                  <td>{step.address ? <a href={href("object", { at: step.address })}>{brief(step.text)}</a> : brief(step.text)}</td>
                  <td class="number">{retained === null ? "" : <Size of={retained} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      {why.holders.length > 0 ? (
        <section>
          <h2>
            Independent holders <span class="aside">{why.all_holders ? "these are all" : "there are more"}</span>
          </h2>
          {why.holders.map((holder: Json, index: number) => (
            <details key={index} open={index === 0}>
              <summary>
                {holder.who} <span class="aside">{bytes(holder.alone)} alone</span>
              </summary>
              <Chain steps={holder.chain} />
            </details>
          ))}
        </section>
      ) : null}
    </>
  );
}

function Merged({ lines }: { lines: Json[] }) {
  const all = Math.max(1, ...lines.filter(({ depth }) => depth === 0).map(({ bytes: size }) => size));
  const rows: TreeRow[] = lines.map((line) => ({
    depth: line.depth,
    before: (
      <>
        <td class="number">{line.text === null ? "" : <Size of={line.bytes} whole={all} />}</td>
        <td class="wide">{line.text === null ? null : <Bar part={line.bytes} whole={all} />}</td>
      </>
    ),
    name: line.text === null ? `${count(line.left_out)} more ways` : `${brief(line.text)}${line.is_end ? " ●" : ""}`,
    behind: <td class="number">{count(line.objects)}</td>,
    title: line.text ?? undefined,
  }));
  return (
    <section>
      <h2>Ways from the roots, as a tree</h2>
      <Tree rows={rows} label="ways from the roots" />
    </section>
  );
}

export function Why() {
  const what = place.value.fields.get("what") ?? "";
  const asked = useAnswer(`why?${new URLSearchParams({ what })}`);
  return (
    <Answer asked={asked} title={`Why ${what}`}>
      {(answer) => (
        <>
          <h1>Why {brief(answer.what)}</h1>
          <p>
            {answer.subjects === 1 ? "" : `${count(answer.subjects)} of it, `}
            <Size of={answer.bytes} />
            {answer.root_retained === null ? "" : `; keeps ${bytes(answer.root_retained)} alive`}
            {answer.garbage > 0 ? `; ${count(answer.garbage)} more are garbage` : ""} · <a href={href("under", { what })}>what does it keep?</a>
            {isOffline ? null : (
              <>
                {" "}
                · <a href={href("graph", { what })}>as a graph</a>
              </>
            )}
            {isOffline || !what.startsWith("0x") ? null : (
              <>
                {" "}
                · <a href={href("cut", { free: what })}>what would free it?</a>
              </>
            )}
            {what.startsWith("0x") ? (
              <>
                {" "}
                · <a href={href("object", { at: what })}>the object</a>
              </>
            ) : null}
          </p>
          {answer.why ? <OfOne why={answer.why} /> : null}
          {answer.merged.length > 0 ? <Merged lines={answer.merged} /> : null}
        </>
      )}
    </Answer>
  );
}

function rowOf(line: Json, whole: number): TreeRow {
  return {
    depth: line.depth,
    before: (
      <>
        <td class="number">
          <Size of={line.bytes} whole={whole} />
        </td>
        <td class="wide">
          <Bar part={line.bytes} whole={whole} />
        </td>
      </>
    ),
    name:
      line.line === "things" && line.example ? (
        <a href={href("object", { at: line.example })}>{brief(line.what)}</a>
      ) : line.line === "things" ? (
        brief(line.what)
      ) : line.line === "themselves" ? (
        <span class="aside">these themselves</span>
      ) : (
        <span class="aside">{count(line.count)} more sorts</span>
      ),
    title: line.what,
  };
}

/** What only one thing keeps alive, as a tree. */
export function Under() {
  const what = place.value.fields.get("what") ?? "";
  const asked = useAnswer(`under?${new URLSearchParams({ what })}`);
  return (
    <Answer asked={asked} title={`What ${what} keeps alive`}>
      {({ tree }) => (
        <>
          <h1>What {brief(tree[0].what)} keeps alive</h1>
          <p>
            <a href={href("why", { what })}>why is it alive?</a>
          </p>
          <Tree rows={tree.map((line: Json) => rowOf(line, tree[0].bytes))} label={`what ${what} keeps alive`} />
        </>
      )}
    </Answer>
  );
}
