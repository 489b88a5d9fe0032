// What can be taken away: commands that write files for other tools, for a ticket, or for another day.
import { useState } from "preact/hooks";
import { place } from "../route";
import { targets } from "../server";

const FORMS: [string, string, string][] = [
  ["The report as one page, for a ticket", "TARGET --html report.html", "a browser, without a server"],
  ["All of it, to be opened later or elsewhere", "capture TARGET -o it.hold", "holdfast; it has no contents of objects"],
  ["Where memory was allocated", "export TARGET -o heap.pb.gz", "go tool pprof, by the runtime's own samples"],
  ["What keeps the memory alive", "export TARGET --of dominators -o held.pb.gz", "go tool pprof, speedscope"],
  ["How one gets to the memory", "export TARGET --of paths -o held.speedscope.json", "speedscope"],
  ["The objects, for Chromium's DevTools", "export TARGET -o heap.heapsnapshot", "Memory, Load profile; memlab"],
  ["The objects, for Java's heap viewers", "export TARGET -o heap.hprof", "VisualVM, Eclipse MAT"],
  ["Rows for a database", 'query TARGET "SELECT * FROM objects" --format parquet -o objects.parquet', "DuckDB, pandas, Spark"],
  ["The report for a program", "--json TARGET", "docs/json.md says what its fields are"],
];

const shellWord = (word: string) => (/^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export function Export() {
  const target = shellWord(targets.value[place.value.target] ?? "TARGET");
  const [copied, setCopied] = useState("");
  return (
    <>
      <h1>Export</h1>
      <p>
        The page only reads. These commands write files; a live process is held still once for each, as for a look. docs/exports.md says what is in
        them.
      </p>
      <table class="plain">
        <tbody>
          {FORMS.map(([what, command, opens]) => {
            const line = `holdfast ${command.replace("TARGET", target)}`;
            return (
              <tr key={command}>
                <td>
                  {what} <div class="aside">{opens}</div>
                </td>
                <td>
                  <code>{line}</code>
                </td>
                <td>
                  <button type="button" aria-label={`copy the command: ${what}`} onClick={() => navigator.clipboard?.writeText(line).then(() => setCopied(command))}>
                    {copied === command ? "copied" : "copy"}
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}
