// One object: its value, what holds it, what it refers to, and what the collector says of it.
import { brief, bytes, count } from "../format";
import { isOffline } from "../offline";
import { Answer, Chain, Failure, Size } from "../parts";
import { href, place } from "../route";
import { type Json, useAnswer } from "../server";
import { Table } from "../table";

function Value({ value, depth = 0 }: { value: Json; depth?: number }) {
  const line = (
    <>
      {value.name ? <span class="field">{value.name}</span> : null} <span class="type" title={value.type}>{brief(value.type)}</span>{" "}
      {value.text ? <code class="value">{value.text}</code> : null}
      {value.points_to ? <a href={href("object", { at: value.points_to })}>{value.points_to}</a> : null}
      {value.holds ? <span class="type"> {brief(value.holds)}</span> : null}
      {value.more ? <span class="aside"> {value.more}</span> : null}
    </>
  );
  if (value.parts.length === 0) return <li>{line}</li>;
  return (
    <li>
      <details open={depth < 2}>
        <summary>{line}</summary>
        <ul class="value-parts">
          {value.parts.map((part: Json, index: number) => (
            <Value key={index} value={part} depth={depth + 1} />
          ))}
          {value.part_count > value.parts.length ? <li class="aside">{count(value.part_count - value.parts.length)} more</li> : null}
        </ul>
      </details>
    </li>
  );
}

const KNOWN: Record<string, string> = {
  header: "The runtime's allocation header says its type",
  interface: "An interface that refers to it says its type",
  closure: "It is a closure, known by its function",
  dwarf: "Debug information says its type",
  code: "Machine code says its type",
  library: "Its type follows from how such containers are built",
  runtime: "The runtime's own lists say its type",
  propagated: "Its type follows from the typed pointer that leads to it",
  inferred: "Its type is a guess from its shape",
  unknown: "Nothing says its type",
};

function Collector({ collector }: { collector: Json }) {
  const [sign, words, kind] = !collector.reachable
    ? collector.marked
      ? ["◌", "waiting for the collector: nothing reaches it, and the last collection marked it", "waiting"]
      : ["◌", "garbage: nothing reaches it, the next collection frees it", "waiting"]
    : ["●", "in use: a root reaches it", "active"];
  return (
    <p>
      <span class={`gc gc-${kind}`}>
        {sign} {words}
      </span>
      {collector.allocated_since_mark ? "; allocated since the last collection" : ""}
      {collector.specials.map((special: Json, index: number) => (
        <span key={index}>; {special.text || special.kind}</span>
      ))}
    </p>
  );
}

/** What lay there at the look before. */
function History({ at }: { at: string }) {
  const asked = useAnswer(isOffline ? null : `history?${new URLSearchParams({ at })}`);
  const before = asked.answer?.before;
  if (!before) return null;
  const then: Record<string, string> = {
    "no-span": "the heap had nothing there",
    free: "no object was there",
    object: `${before.type ? brief(before.type) : "an object of unknown type"} of ${bytes(before.bytes)} was there, and ${before.live ? "something reached it" : "nothing reached it"}`,
  };
  return (
    <p>
      At look {before.look} {then[before.what]}.
    </p>
  );
}

export function ObjectScreen() {
  const at = place.value.fields.get("at") ?? "";
  const asked = useAnswer(`show?${new URLSearchParams({ at })}`);
  if (asked.error && !isOffline)
    return (
      <>
        <h1>{at}</h1>
        <Failure error={asked.error} />
        <History at={at} />
        <h2>What still names it</h2>
        <Table name="dangling" of={at} caption="words that name the address" />
      </>
    );
  return (
    <Answer asked={asked} title={at}>
      {(shown) => (
        <>
          <h1 title={shown.type}>
            {brief(shown.type) || "an object of unknown type"} <span class="aside">at {shown.address}</span>
          </h1>
          <p>
            <Size of={shown.slot.bytes} /> itself, keeps <Size of={shown.retained_bytes} /> alive{shown.retained_objects > 1 ? ` in ${count(shown.retained_objects)} objects` : ""}. <span title="how the type is known">{KNOWN[shown.known_by] ?? shown.known_by}</span>.{" "}
            <a href={href("why", { what: shown.address })}>why is it alive?</a> · <a href={href("under", { what: shown.address })}>what does it keep?</a>
            {shown.type ? (
              <>
                {" "}
                · <a href={href("objects", { of: shown.type })}>all of this type</a>
              </>
            ) : null}
            {" "}· <a href={href("span", { at: shown.slot.span })}>its span</a>
          </p>
          <Collector collector={shown.collector} />
          <History at={shown.address} />
          {shown.allocated_at ? <p>Allocated at {shown.allocated_at} (sampled).</p> : null}
          <div class="columns">
            <section aria-labelledby="held">
              <h2 id="held">Held by</h2>
              <Chain steps={shown.chain} />
              <table class="plain">
                <tbody>
                  {shown.referred_to_by.rows.map((row: Json, index: number) => (
                    <tr key={index}>
                      <td class="number">{count(row.pointers)} ×</td>
                      <td title={row.from}>{row.example ? <a href={href("object", { at: row.example })}>{brief(row.from)}</a> : brief(row.from)}</td>
                      <td class="number">{row.from_garbage > 0 ? `${count(row.from_garbage)} from garbage` : ""}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
            <section aria-labelledby="value">
              <h2 id="value">Value</h2>
              {shown.remark ? <p class="aside">{shown.remark}</p> : null}
              {shown.has_content ? null : <p class="aside">Texts and numbers are not read unless `holdfast web --values` asks for them.</p>}
              <ul class="value-parts">
                <Value value={shown.value} />
              </ul>
            </section>
            <section aria-labelledby="refers">
              <h2 id="refers">Refers to</h2>
              <table class="plain">
                <tbody>
                  {shown.refers_to.rows.map((row: Json, index: number) => (
                    <tr key={index}>
                      <td class="field">{row.field}</td>
                      <td title={row.type}>
                        <a href={href("object", { at: row.address })}>{brief(row.type) || row.address}</a>
                      </td>
                      <td class="number">
                        <Size of={row.retained_bytes} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {shown.refers_to.left_out_pointers > 0 ? <p class="aside">{count(shown.refers_to.left_out_pointers)} more pointers, to {bytes(shown.refers_to.left_out_bytes)}</p> : null}
            </section>
          </div>
        </>
      )}
    </Answer>
  );
}
