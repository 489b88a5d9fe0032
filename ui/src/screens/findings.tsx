// What is likely to be wrong, as cards: claim, bytes, the reference at fault, the way from a root, and the change.
import { briefly, bytes, count } from "../format";
import { Answer, Chain, Open, Size, Sure } from "../parts";
import { place } from "../route";
import { type Json, useAnswer } from "../server";

/** A finding as text for a ticket. */
export function ticket(finding: Json): string {
  const lines = [
    `${finding.title} (${finding.confidence}, ${bytes(finding.bytes)})`,
    "",
    finding.because,
    "",
    `At fault: ${finding.fault}`,
    `Change: ${finding.fix}`,
    "",
    "Held by:",
    ...finding.chain.map((step: Json, depth: number) => `${"  ".repeat(depth)}${step.field ? `${step.field} ` : ""}${step.text}`),
    "",
    `holdfast ${finding.id}, fingerprint ${finding.fingerprint}`,
  ];
  if (finding.allocated_at?.place) lines.splice(5, 0, `Allocated at: ${finding.allocated_at.place}`);
  return lines.join("\n");
}

function Card({ finding, live, chosen }: { finding: Json; live: number; chosen: boolean }) {
  return (
    <article class={`card${chosen ? " chosen" : ""}`} id={finding.fingerprint} ref={(card) => {
        if (chosen) card?.scrollIntoView({ block: "nearest" });
      }}>
      <h2>
        <Size of={finding.bytes} whole={live} /> {briefly(finding.title)} <Sure of={finding.confidence} />
      </h2>
      <p>{briefly(finding.because)}</p>
      <dl>
        <dt>At fault</dt>
        <dd>{briefly(finding.fault)}</dd>
        <dt>Change</dt>
        <dd class="fix">{briefly(finding.fix)}</dd>
        {finding.known_leak ? (
          <>
            <dt>Known</dt>
            <dd>
              {finding.known_leak.words} ({finding.known_leak.library} {finding.known_leak.version}
              {finding.known_leak.fixed_in ? `, mended in ${finding.known_leak.fixed_in}` : ""}; {finding.known_leak.issue})
            </dd>
          </>
        ) : null}
        <dt>Bytes</dt>
        <dd>
          {bytes(finding.exclusive_bytes)} would be free{finding.shared_bytes > 0 ? `, ${bytes(finding.shared_bytes)} more are shared with others` : ""}; {count(finding.count)} of it
        </dd>
      </dl>
      <Chain steps={finding.chain} />
      <Open command={finding.open} />
      <p class="small">
        {finding.id} · fingerprint {finding.fingerprint}{" "}
        <button type="button" onClick={() => navigator.clipboard?.writeText(ticket(finding))}>
          copy as ticket
        </button>
      </p>
    </article>
  );
}

export function Findings() {
  const asked = useAnswer("report");
  return (
    <Answer asked={asked} title="Findings">
      {(report) => (
        <>
          <h1>Findings</h1>
          {report.findings.length === 0 ? <p>None of {count(report.detectors)} detectors found anything that looks like a fault.</p> : null}
          {report.findings.map((finding: Json) => (
            <Card key={finding.fingerprint} finding={finding} live={report.heap.reachable_bytes} chosen={place.value.fields.get("id") === finding.fingerprint} />
          ))}
        </>
      )}
    </Answer>
  );
}
