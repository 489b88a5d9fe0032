// What counters, profile, graph and collector say together: symptoms, and each line of code that allocates; and a source
// with what is said of its lines beside them.
import { useEffect, useRef } from "preact/hooks";
import { brief, bytes, count } from "../format";
import { Answer, Open, Size } from "../parts";
import { href, place } from "../route";
import { type Json, useAnswer } from "../server";

const PRESENT: Record<string, [string, string]> = {
  grows: ["▲", "grows"],
  yes: ["■", "at this moment"],
  no: ["□", "is not there"],
  unknown: ["?", "not known"],
};

function Symptoms({ rows }: { rows: Json[] }) {
  const shown = rows.filter(({ present }) => present === "grows" || present === "yes");
  const others = rows.filter((row) => !shown.includes(row));
  return (
    <section aria-labelledby="symptoms">
      <h2 id="symptoms">Symptoms</h2>
      {shown.map((row) => {
        const [sign, words] = PRESENT[row.present] ?? ["?", row.present];
        return (
          <article key={row.symptom} class="card">
            <h3>
              <span class={`present-${row.present}`}>
                {sign} {row.present === "grows" ? row.words : row.now}
              </span>{" "}
              <span class="aside">
                {words}; {bytes(row.bytes)}
                {row.grown > 0 ? `, ${bytes(row.grown)} more than at first` : ""}; stage: {row.stage}
              </span>
            </h3>
            <ul>
              {row.evidence.map((sentence: string, index: number) => (
                <li key={index}>{sentence}</li>
              ))}
            </ul>
            {row.cause ? <p>Cause: {row.cause}</p> : null}
            {row.next ? <p class="fix">{row.next}</p> : null}
            <Open command={row.open} />
          </article>
        );
      })}
      {shown.length === 0 ? <p>None that can be told by what there is.</p> : null}
      <p class="small">
        {others.map((row, index) => (
          <span key={row.symptom} title={row.evidence.join(" ")}>
            {index > 0 ? " · " : ""}
            {PRESENT[row.present]?.[0]} {row.words}: {PRESENT[row.present]?.[1] ?? row.present}
          </span>
        ))}
      </p>
    </section>
  );
}

/** The source of a place and the number of its line, from "main.keep main.go:50" and its file. */
const sourceOf = (row: Json) => (row.file ? href("source", { file: row.file, line: String(row.line ?? "") }) : null);

function Lines({ answer }: { answer: Json }) {
  const most = Math.max(1, ...answer.lines.map((row: Json) => row.alive ?? 0));
  return (
    <section aria-labelledby="lines">
      <h2 id="lines">
        Lines of code <span class="aside">{count(answer.lines.length)} of {count(answer.line_count)}, those with most alive</span>
      </h2>
      <p>{answer.lines_rest_on}</p>
      {answer.lines.map((row: Json, index: number) => {
        const url = sourceOf(row);
        return (
          <article key={index} class="line-verdict">
            <h3>
              <Size of={row.alive ?? 0} whole={most} /> {url ? <a href={url}>{brief(row.place ?? row.function ?? "")}</a> : brief(row.place ?? row.function ?? "the runtime")}
            </h3>
            <ul>
              {(row.reasons ?? []).map((sentence: string, at: number) => (
                <li key={at}>{sentence}</li>
              ))}
            </ul>
          </article>
        );
      })}
    </section>
  );
}

export function Evidence() {
  const asked = useAnswer("verdict");
  return (
    <Answer asked={asked} title="Evidence">
      {(answer) => (
        <>
          <h1>Evidence</h1>
          <p class="verdict">{answer.verdict}</p>
          <p class="small">
            {answer.since_first_look ? "Compared with the first look, and with the counters since." : "Of one look; look again, and growth is judged too."} <code>holdfast verdict</code> takes further profiles, traces of the
            collector, dumps and what the compiler said.
          </p>
          <Symptoms rows={answer.symptoms} />
          <Lines answer={answer} />
        </>
      )}
    </Answer>
  );
}

function SourceLine({ number, text, rows, chosen, most }: { number: number; text: string | null; rows: Json[]; chosen: boolean; most: number }) {
  const line = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (chosen) line.current?.scrollIntoView({ block: "center" });
  }, [chosen]);
  const alive = rows.reduce((sum, row) => sum + row.alive.value, 0);
  return (
    <>
      <tr ref={line} class={rows.length > 0 ? (chosen ? "said chosen" : "said") : ""}>
        <td class="number">{rows.length > 0 ? <Size of={alive} whole={most} /> : null}</td>
        <td class="number aside">{number}</td>
        <td>
          <code>{text ?? "…"}</code>
        </td>
      </tr>
      {rows.length > 0 ? (
        <tr class="said-of">
          <td />
          <td />
          <td>
            {rows.map((row, index) => (
              <div key={index}>
                {row.type ? (
                  <>
                    <a href={href("objects", { of: row.type })}>{brief(row.type)}</a>{" "}
                  </>
                ) : null}
                {count(row.alive_objects.value)} objects, {row.alive.least === row.alive.most ? bytes(row.alive.value) : `${bytes(row.alive.least)} to ${bytes(row.alive.most)}`}
                {row.held.length > 0 ? `; held by ${row.held.map(({ who, share: part }: Json) => `${who} (${Math.round(100 * part)} %)`).join(", ")}` : ""}
              </div>
            ))}
          </td>
        </tr>
      ) : null}
    </>
  );
}

export function Source() {
  const file = place.value.fields.get("file") ?? "";
  const chosen = Number(place.value.fields.get("line") ?? 0);
  const asked = useAnswer(`source?${new URLSearchParams({ file })}`);
  return (
    <Answer asked={asked} title={file.replace(/.*\//, "")}>
      {(answer) => {
        const most = answer.lines.reduce((sum: number, row: Json) => sum + row.alive.value, 0);
        const of = (number: number) => answer.lines.filter(({ line }: Json) => line === number);
        const numbers = [...new Set<number>(answer.lines.map(({ line }: Json) => line))].sort((a, b) => a - b);
        const text: Json[] = answer.found_at ? answer.text : numbers.map((line) => ({ line, text: null }));
        return (
          <>
            <h1 title={answer.file}>{answer.file.replace(/.*\//, "")}</h1>
            <p>
              {answer.found_at ? (
                answer.found_at === answer.file ? (
                  <code>{answer.file}</code>
                ) : (
                  <>
                    <code>{answer.file}</code>, read from <code>{answer.found_at}</code>
                  </>
                )
              ) : (
                <>
                  <code>{answer.file}</code> is not on this machine: only what is said of its lines is here.
                </>
              )}{" "}
              <a href={href("evidence")}>all lines</a>
            </p>
            <p class="small">{answer.rest_on}</p>
            <div class="scroller source" tabIndex={0} role="region" aria-label="source">
              <table aria-label={`source of ${answer.file}`}>
                <tbody>
                  {text.map(({ line, text: words }) => (
                    <SourceLine key={line} number={line} text={words} rows={of(line)} chosen={line === chosen} most={most} />
                  ))}
                </tbody>
              </table>
            </div>
          </>
        );
      }}
    </Answer>
  );
}
