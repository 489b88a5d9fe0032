// Where every byte is, what holds it, and what to look at first. What is known early is shown early.
import { brief, briefly, bytes, count, duration } from "../format";
import { Answer, Bar, Size, Sure, Waiting } from "../parts";
import { href, placeOfCommand } from "../route";
import { type Counters, counters, firstAccount, type Json, state, useAnswer } from "../server";

const PARTS: [string, string, string][] = [
  ["live", "live objects", "what the program's roots reach"],
  ["garbage", "garbage", "what nothing reaches and the next collection frees"],
  ["free", "free, not returned", "room in the Go heap that the system still counts"],
  ["stacks", "stacks", "of goroutines"],
  ["runtime", "runtime", "the runtime's own records"],
  ["globals", "package variables", "themselves, not what they hold"],
  ["c_heap", "C heap", "what malloc has"],
  ["mappings", "mappings", "memory mapped by hand, or by C"],
  ["files", "files", "programs, libraries and files that are mapped"],
  ["rest", "not explained", ""],
];

function Account({ account }: { account: Json }) {
  const parts = PARTS.filter(([name]) => account[name] > 0);
  const sum = parts.reduce((all, [name]) => all + account[name], 0);
  return (
    <section aria-labelledby="account">
      <h2 id="account">
        Where the memory is <span class="aside">{account.known ? <>{bytes(account.rss)} resident{account.memory_limit ? `, limit ${bytes(account.memory_limit)}` : ""}</> : "what is resident is not known"}</span>
      </h2>
      <div class="bridge" role="img" aria-label={parts.map(([name, words]) => `${words} ${bytes(account[name])}`).join(", ")}>
        <svg viewBox="0 0 1000 24" preserveAspectRatio="none">
          {parts.map(([name], index) => {
            const x = parts.slice(0, index).reduce((all, [before]) => all + account[before], 0);
            return <rect key={name} class={`part part-${name}`} x={(1000 * x) / sum} width={(1000 * account[name]) / sum} y="0" height="24" />;
          })}
        </svg>
      </div>
      <table class="plain">
        <tbody>
          {parts.map(([name, words, meaning]) => (
            <tr key={name}>
              <td>
                <span class={`key part-${name}`} aria-hidden="true" /> <span title={meaning}>{words}</span>
              </td>
              <td class="number">
                <Size of={account[name]} whole={sum} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function FindingLine({ finding, live }: { finding: Json; live: number }) {
  return (
    <li>
      <a href={href("findings", { id: finding.fingerprint })}>
        <Size of={finding.bytes} whole={live} /> {briefly(finding.title)}
      </a>{" "}
      <Sure of={finding.confidence} />
    </li>
  );
}

function Live({ looks }: { looks: Counters[] }) {
  if (looks.length < 2) return null;
  const most = Math.max(...looks.map(({ rss, next_gc }) => Math.max(rss ?? 0, next_gc ?? 0)));
  const begin = looks[0].at_ns;
  const span = looks[looks.length - 1].at_ns - begin || 1;
  const line = (pick: (one: Counters) => number | null) =>
    looks.map((one) => `${((1000 * (one.at_ns - begin)) / span).toFixed(1)},${(100 - (95 * (pick(one) ?? 0)) / most).toFixed(1)}`).join(" ");
  const last = looks[looks.length - 1];
  return (
    <section aria-labelledby="live">
      <h2 id="live">
        Now <span class="aside">counters every 2 s, without a stop of the process</span>
      </h2>
      <svg class="series" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={`RSS ${bytes(last.rss)}, heap ${bytes(last.heap_alloc)}`}>
        <polyline class="line line-rss" points={line(({ rss }) => rss)} />
        <polyline class="line line-heap" points={line(({ heap_alloc }) => heap_alloc)} />
        <polyline class="line line-goal" points={line(({ next_gc }) => next_gc)} />
      </svg>
      <p class="legend">
        <span class="key line-rss" aria-hidden="true" /> RSS {bytes(last.rss)} <span class="key line-heap" aria-hidden="true" /> heap {bytes(last.heap_alloc)} <span class="key line-goal" aria-hidden="true" /> next collection at {bytes(last.next_gc)} · {count(last.num_gc)} collections ·{" "}
        {count(last.goroutines)} goroutines
      </p>
    </section>
  );
}

/** What a process says of itself before it was looked at: the counters of its runtime, and its RSS. */
function ByCounters({ now }: { now: Counters }) {
  const parts: [string, string, number | null][] = [
    ["live", "objects of the Go heap, garbage included", now.heap_alloc],
    ["stacks", "stacks", now.stacks],
  ];
  const most = Math.max(now.rss ?? 0, (now.heap_alloc ?? 0) + (now.stacks ?? 0), 1);
  let x = 0;
  return (
    <section class="bridge" aria-labelledby="counted">
      <h2 id="counted">
        By its counters <span class="aside">{bytes(now.rss)} resident; the look itself comes soon</span>
      </h2>
      <svg viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">
        <rect class="part-free" x="0" y="0" width={(1000 * (now.rss ?? 0)) / most} height="20" />
        {parts.map(([id, , size]) => {
          const begin = x;
          x += (1000 * (size ?? 0)) / most;
          return <rect key={id} class={`part-${id}`} x={begin} y="0" width={x - begin} height="20" />;
        })}
      </svg>
      <table class="plain">
        <tbody>
          {parts.map(([id, words, size]) => (
            <tr key={id}>
              <td>
                <span class={`key part-${id}`} aria-hidden="true" /> {words}
              </td>
              <td class="number">{size === null ? "–" : <Size of={size} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        {count(now.goroutines)} goroutines, {count(now.num_gc)} collections; the next one at {bytes(now.next_gc)}.
      </p>
    </section>
  );
}

export function Overview() {
  const asked = useAnswer("report");
  const { stage } = state.value;
  if (stage === "opening" && (firstAccount.value || counters.value.length > 0))
    return (
      <>
        <h1>Overview</h1>
        {firstAccount.value ? <Account account={firstAccount.value.account} /> : <ByCounters now={counters.value.at(-1) as Counters} />}
        <Waiting />
      </>
    );
  return (
    <Answer asked={asked} title="Overview">
      {(report) => {
        const live = report.heap.reachable_bytes;
        return (
          <>
            <h1>Overview</h1>
            <Live looks={counters.value} />
            <section aria-labelledby="findings">
              <h2 id="findings">
                Findings <span class="aside">{count(report.finding_count)}; {count(report.detectors)} detectors looked</span>
              </h2>
              {report.findings.length === 0 ? <p>Nothing that looks like a fault.</p> : null}
              <ol class="lines">
                {report.findings.slice(0, 5).map((finding: Json) => (
                  <FindingLine key={finding.fingerprint} finding={finding} live={live} />
                ))}
              </ol>
              {report.findings.length > 5 ? <a href={href("findings")}>all {count(report.finding_count)}</a> : null}
            </section>
            <Account account={report.account} />
            <section aria-labelledby="holders">
              <h2 id="holders">
                What holds it <span class="aside">{bytes(live)} live in {count(report.heap.reachable_objects)} objects; <a href={href("owners")}>as a picture</a></span>
              </h2>
              <table class="plain">
                <tbody>
                  {report.holders.slice(0, 8).map((holder: Json, index: number) => (
                    <tr key={index}>
                      <td class="number">
                        <Size of={holder.bytes} whole={live} />
                      </td>
                      <td class="wide">
                        <Bar part={holder.bytes} whole={live} />
                      </td>
                      <td>{placeOfCommand(holder.open) ? <a href={placeOfCommand(holder.open) as string} title={holder.what}>{briefly(holder.what)}</a> : briefly(holder.what)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
            <section aria-labelledby="goroutines">
              <h2 id="goroutines">
                Goroutines <span class="aside">{count(report.goroutine_count)} at {count(report.goroutine_places)} places; <a href={href("goroutines")}>all</a></span>
              </h2>
              <table class="plain">
                <tbody>
                  {report.goroutines.slice(0, 5).map((row: Json, index: number) => (
                    <tr key={index}>
                      <td class="number">{count(row.count)}</td>
                      <td>{row.goids?.[0] ? <a href={href("goroutine", { id: String(row.goids[0]) })}>{row.wait_reason || row.state}</a> : row.wait_reason || row.state}</td>
                      <td>
                        {brief(row.top)} {row.leaked > 0 ? <b class="leaked">✖ {count(row.leaked)} can never go on</b> : null}
                      </td>
                      <td class="number">
                        <Size of={row.retained_bytes + row.stack_bytes} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
            <Trust report={report} />
          </>
        );
      }}
    </Answer>
  );
}

function Trust({ report }: { report: Json }) {
  const { audit } = report;
  return (
    <section aria-labelledby="trust">
      <h2 id="trust">How far to trust this</h2>
      <p>
        {audit.unexplained_objects === 0
          ? "The graph equals the runtime's own marks; every difference has its cause."
          : `${count(audit.unexplained_objects)} objects differ from the runtime's own marks without a known cause.`}{" "}
        {report.pause_ms !== null && report.pause_ms !== undefined ? `The process was held still for ${report.pause_ms.toFixed(1)} ms. ` : ""}
        {bytes(report.heap.typed_bytes)} of {bytes(report.heap.reachable_bytes)} have a known type.
      </p>
      {report.losses.length > 0 ? (
        <ul>
          {report.losses.map((loss: Json) => (
            <li key={loss.kind}>
              {count(loss.count)} × {loss.kind}: {loss.meaning}
            </li>
          ))}
        </ul>
      ) : null}
      {report.memory.pace?.last_collection_at_ns ? <p>Last collection {duration(Date.now() * 1e6 - report.memory.pace.last_collection_at_ns)} before now.</p> : null}
    </section>
  );
}
