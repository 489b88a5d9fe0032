// What can be taken away: files for other tools, made by the server or, where they are too large, by a command.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { bytes } from "../format";
import { Answer } from "../parts";
import { place } from "../route";
import { type Json, targets, useAnswer } from "../server";

const OPENS: Record<string, [string, string]> = {
  "pprof allocations": ["Where memory was allocated", "go tool pprof, by the runtime's own samples"],
  "pprof paths": ["How one gets to the memory", "go tool pprof, as if the ways from the roots were calls"],
  "pprof dominators": ["What keeps the memory alive", "go tool pprof, as if what holds called what it holds"],
  "heap-text allocations": ["Where memory was allocated, as text", "people, and what reads /debug/pprof/heap?debug=1"],
  "speedscope paths": ["How one gets to the memory", "speedscope"],
  "speedscope dominators": ["What keeps the memory alive", "speedscope"],
  "speedscope allocations": ["Where memory was allocated", "speedscope"],
  "heapsnapshot objects": ["The objects, for Chromium's DevTools", "Memory, Load profile; memlab"],
  "hprof objects": ["The objects, for Java's heap viewers", "VisualVM, Eclipse MAT"],
  "json-lines objects": ["The objects, a line of JSON each", "jq, DuckDB"],
};

const COMMANDS: [string, string, string][] = [
  ["The report as one page, for a ticket", "TARGET --html report.html", "a browser, without a server"],
  ["All of it, to be opened later or elsewhere", "capture TARGET -o it.hold", "holdfast; it has no contents of objects"],
  ["Rows for a database", 'query TARGET "SELECT * FROM objects" --format parquet -o objects.parquet', "DuckDB, pandas, Spark"],
  ["The report for a program", "--json TARGET", "docs/json.md says what its fields are"],
];

const shellWord = (word: string) => (/^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

function Row({ what, opens, is, does }: { what: string; opens: string; is: ComponentChildren; does: ComponentChildren }) {
  return (
    <tr>
      <td>
        {what} <div class="aside">{opens}</div>
      </td>
      <td>{is}</td>
      <td>{does}</td>
    </tr>
  );
}

function Command({ what, opens, command }: { what: string; opens: string; command: string }) {
  const [copied, setCopied] = useState(false);
  const copy = (
    <button type="button" aria-label={`copy the command: ${what}`} onClick={() => navigator.clipboard?.writeText(command).then(() => setCopied(true))}>
      {copied ? "copied" : "copy"}
    </button>
  );
  return <Row what={what} opens={opens} is={<code>{command}</code>} does={copy} />;
}

function File({ file, target }: { file: Json; target: string }) {
  const [what, opens] = OPENS[`${file.as} ${file.of}`] ?? [`${file.as} of ${file.of}`, ""];
  if (!file.fits)
    return <Command what={`${what}, about ${bytes(file.bytes)}`} opens={`${opens}; too large for the page`} command={`holdfast export ${target} --as ${file.as} --of ${file.of} -o ${file.name}`} />;
  const is = (
    <>
      <code>{file.name}</code> {file.bytes === null ? "" : <span class="aside">about {bytes(file.bytes)}</span>}
    </>
  );
  const save = (
    <a href={`/api/${place.value.target}/download?${new URLSearchParams({ as: file.as, of: file.of })}`} download={file.name} aria-label={`save ${file.name}`}>
      save
    </a>
  );
  return <Row what={what} opens={opens} is={is} does={save} />;
}

export function Export() {
  const target = shellWord(targets.value[place.value.target] ?? "TARGET");
  const asked = useAnswer("exports");
  return (
    <>
      <h1>Export</h1>
      <p>Files are of the look that the page shows. docs/exports.md says what is in them.</p>
      <Answer asked={asked}>
        {(answer) => (
          <table class="plain">
            <tbody>
              {answer.files.map((file: Json) => (
                <File key={file.name} file={file} target={target} />
              ))}
            </tbody>
          </table>
        )}
      </Answer>
      <h2>Commands</h2>
      <p>A live process is held still once for each, as for a look.</p>
      <table class="plain">
        <tbody>
          {COMMANDS.map(([what, command, opens]) => (
            <Command key={command} what={what} opens={opens} command={`holdfast ${command.replace("TARGET", target)}`} />
          ))}
        </tbody>
      </table>
    </>
  );
}
