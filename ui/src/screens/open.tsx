// What there is to be looked at: Go processes of this machine, with how long a look would hold each still; captures and
// cores that were opened before or lie in the folder that holdfast was started in.
import { useEffect, useState } from "preact/hooks";
import { brief, bytes, count, duration } from "../format";
import { Failure, Size } from "../parts";
import { go, href } from "../route";
import { ask, type Json, openTarget, Refusal, targets } from "../server";

/** Asks once, since what runs on a machine belongs to no look. */
function useOnce(url: string): { answer: Json; error: Refusal | null; again: () => void } {
  const [asked, setAsked] = useState<{ answer: Json; error: Refusal | null }>({ answer: null, error: null });
  const [times, setTimes] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    ask(url, { signal: control.signal }).then(
      (answer) => setAsked({ answer, error: null }),
      (error) => error instanceof Refusal && setAsked({ answer: null, error }),
    );
    return () => control.abort();
  }, [url, times]);
  return { ...asked, again: () => setTimes((before) => before + 1) };
}

function Pause({ pid }: { pid: number }) {
  const { answer, error } = useOnce(`/api/machine/predict?target=${pid}`);
  if (error) return <span class="aside">{error.message}</span>;
  if (!answer) return <span class="aside">…</span>;
  return (
    <span title={`${bytes(answer.bytes)} would be copied; holdfast itself would need at most about ${bytes(answer.memory_need)}`}>
      {answer.pause_least_ms.toFixed(1)} to {answer.pause_most_ms.toFixed(1)} ms
    </span>
  );
}

export function Open() {
  const processes = useOnce("/api/machine/processes");
  const files = useOnce("/api/machine/files");
  const [opening, setOpening] = useState("");
  const [failed, setFailed] = useState<Refusal | null>(null);
  const open = (name: string) => {
    setOpening(name);
    setFailed(null);
    openTarget(name).then(
      (number) => go(href("overview", {}, number)),
      (error) => {
        setOpening("");
        if (error instanceof Refusal) setFailed(error);
      },
    );
  };
  const isOpen = (name: string) => targets.value.includes(name);
  const button = (name: string, words: string) => (
    <button type="button" disabled={opening !== ""} onClick={() => open(name)} aria-label={`${isOpen(name) ? "go to" : "open"} ${words}`}>
      {opening === name ? "opening …" : isOpen(name) ? "go to" : "open"}
    </button>
  );
  return (
    <>
      <h1>Open</h1>
      {failed ? <Failure error={failed} /> : null}
      <form
        class="views"
        onSubmit={(event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget as HTMLFormElement).get("target") as string;
          if (name.trim() !== "") open(name.trim());
        }}
      >
        <input name="target" aria-label="target" placeholder="pid, name, core or .hold file" size={36} />
        <button type="submit" disabled={opening !== ""}>
          open
        </button>
      </form>
      <h2>
        Go processes here{" "}
        <button type="button" onClick={processes.again}>
          look for them again
        </button>
      </h2>
      {processes.error ? <Failure error={processes.error} /> : null}
      {processes.answer ? (
        <>
          <table class="plain">
            <thead>
              <tr>
                <th scope="col">pid</th>
                <th scope="col">name</th>
                <th scope="col">RSS</th>
                <th scope="col">heap</th>
                <th scope="col">goroutines</th>
                <th scope="col">a look holds it still for</th>
                <th scope="col">
                  <span class="aside">Go</span>
                </th>
                <th scope="col">look</th>
              </tr>
            </thead>
            <tbody>
              {processes.answer.processes.slice(0, 50).map((row: Json) => (
                <tr key={`${row.pid} ${row.image}`}>
                  <td class="number">{row.pid}</td>
                  <td title={row.image}>
                    <b>{row.name}</b> {row.container ? <span class="aside">in {row.container}</span> : null}
                  </td>
                  <td class="number">
                    <Size of={row.resident} />
                  </td>
                  <td class="number">{row.heap === null ? <span title={row.trouble}>–</span> : <Size of={row.heap} />}</td>
                  <td class="number">{count(row.goroutines)}</td>
                  <td class="number">
                    <Pause pid={row.pid} />
                  </td>
                  <td class="aside">{brief(row.go ?? "")}</td>
                  <td>{button(String(row.pid), `${row.name} ${row.pid}`)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {processes.answer.processes.length === 0 ? <p>None that may be looked into.</p> : null}
          {processes.answer.closed > 0 ? <p class="small">{count(processes.answer.closed)} processes may not be looked into by this user.</p> : null}
        </>
      ) : processes.error ? null : (
        <p class="waiting">looking …</p>
      )}
      <h2>
        Captures and cores <span class="aside">opened before, and in {files.answer?.folder ?? "the working folder"}</span>
      </h2>
      {files.answer && files.answer.files.length === 0 ? <p>There are none. `holdfast capture PID -o it.hold` makes one.</p> : null}
      <table class="plain">
        <tbody>
          {(files.answer?.files ?? []).map((file: Json) => (
            <tr key={`${file.recent} ${file.path}`}>
              <td>
                <b>{file.path.replace(/.*\//, "")}</b> <div class="aside">{file.path.replace(/\/[^/]*$/, "")}</div>
              </td>
              <td class="number">
                <Size of={file.bytes} />
              </td>
              <td class="aside">written {duration(Date.now() * 1e6 - file.written_ns)} ago</td>
              <td>{button(file.path, file.path)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
