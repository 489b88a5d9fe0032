// SQL over objects, edges, types, roots and goroutines; and one span.
import { useState } from "preact/hooks";
import { brief, bytes, count } from "../format";
import { Answer, Size } from "../parts";
import { href, place, setFields } from "../route";
import { type Json, useAnswer } from "../server";

const EXAMPLES: [string, string][] = [
  ["largest types", "SELECT type, count(*) AS objects, sum(size) AS bytes FROM objects GROUP BY type ORDER BY bytes DESC LIMIT 20"],
  ["goroutines by wait", "SELECT wait_reason, count(*) AS goroutines FROM goroutines GROUP BY wait_reason ORDER BY goroutines DESC"],
  ["the tables", "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"],
];

function Rows({ answer }: { answer: Json }) {
  return (
    <>
      <p role="status">
        {count(answer.rows.length)} of {count(answer.count)} rows
      </p>
      <div class="scroller" tabIndex={0} role="region" aria-label="result">
        <table>
          <thead>
            <tr>
              {answer.columns.map((column: Json, index: number) => (
                <th key={index} scope="col">
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.rows.map((row: Json[], index: number) => (
              <tr key={index}>
                {row.map((value, number) => (
                  <td key={number} class={typeof value === "number" ? "is-count" : "is-text"}>
                    {value === null ? <span class="none">–</span> : answer.columns[number].unit === "address" ? <a href={href("object", { at: value })}>{value}</a> : typeof value === "number" ? count(value) : value}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function Query() {
  const sql = place.value.fields.get("sql") ?? "";
  const [text, setText] = useState(sql);
  const asked = useAnswer(sql === "" ? null : `query?${new URLSearchParams({ sql })}`);
  const run = () => setFields({ sql: text }, false);
  return (
    <>
      <h1>Query</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <label for="sql">SQL over the tables of docs/query.md</label>
        <textarea id="sql" rows={4} spellcheck={false} value={text} onInput={(event) => setText((event.target as HTMLTextAreaElement).value)} onKeyDown={(event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && run()} />
        <p>
          <button type="submit">run (Ctrl-Enter)</button>{" "}
          {EXAMPLES.map(([name, example]) => (
            <button key={name} type="button" class="quiet" onClick={() => setText(example)}>
              {name}
            </button>
          ))}
        </p>
      </form>
      {sql === "" ? null : <Answer asked={asked}>{(answer) => <Rows answer={answer} />}</Answer>}
    </>
  );
}

/** One span, and what keeps it. */
export function SpanScreen() {
  const at = place.value.fields.get("at") ?? "";
  const asked = useAnswer(`span?${new URLSearchParams({ at })}`);
  return (
    <Answer asked={asked} title={`Span ${at}`}>
      {(span) => (
        <>
          <h1>Span {span.start ?? at}</h1>
          <dl>
            {Object.entries(span)
              .filter(([name, value]) => typeof value !== "object" && name !== "schema")
              .map(([name, value]) => (
                <>
                  <dt key={name}>{name.replaceAll("_", " ")}</dt>
                  <dd>{/bytes|size/.test(name) && typeof value === "number" ? <Size of={value} /> : typeof value === "number" ? count(value) : String(value)}</dd>
                </>
              ))}
          </dl>
          {Object.entries(span)
            .filter(([name, value]) => Array.isArray(value) && name !== "losses" && (value as Json[]).length > 0 && typeof (value as Json[])[0] === "object")
            .map(([name, rows]) => (
              <section key={name}>
                <h2>{name.replaceAll("_", " ")}</h2>
                <table class="plain">
                  <tbody>
                    {(rows as Json[]).map((row, index) => (
                      <tr key={index}>
                        {Object.entries(row).map(([key, value]) => (
                          <td key={key} class={typeof value === "number" ? "number" : ""}>
                            {key === "address" ? <a href={href("object", { at: String(value) })}>{String(value)}</a> : /bytes/.test(key) ? bytes(value as number) : typeof value === "object" ? "" : brief(String(value))}
                          </td>
                        ))}
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
            ))}
        </>
      )}
    </Answer>
  );
}
