// Small parts that all screens use.
import type { ComponentChildren } from "preact";
import { brief, bytes, exactBytes, share } from "./format";
import { href, placeOfCommand, setFields } from "./route";
import type { Asked, Json } from "./server";

/** A size, with the exact bytes where the mouse points, and its share of something if that is given. */
export function Size({ of: value, whole }: { of: number; whole?: number }) {
  return (
    <span class="size" title={exactBytes(value)}>
      {bytes(value)}
      {whole ? <span class="share"> {share(value, whole)}</span> : null}
    </span>
  );
}

/** An answer when it is there; until then that it is computed, or why there is none, under a title if `children` have one. */
export function Answer({ asked, title, children }: { asked: Asked; title?: string; children: (answer: Json) => ComponentChildren }) {
  const heading = title ? <h1>{title}</h1> : null;
  if (asked.error)
    return (
      <>
        {heading}
        <Failure error={asked.error} again={asked.error.code === "stopped" ? asked.again : undefined} />
      </>
    );
  if (asked.answer === null)
    return (
      <>
        {heading}
        <Waiting />
      </>
    );
  return <>{children(asked.answer)}</>;
}

export function Waiting() {
  return (
    <p class="waiting" role="status">
      computing …
    </p>
  );
}

export function Failure({ error, again }: { error: { message: string; code: string }; again?: () => void }) {
  return (
    <div class="failure" role="alert">
      <p>
        {error.message}{" "}
        {again ? (
          <button type="button" onClick={again}>
            ask again
          </button>
        ) : null}
      </p>
    </div>
  );
}

const SURE: Record<string, [string, string]> = {
  proven: ["■", "proven: it can be no other way"],
  strong: ["▲", "strong: what is known hardly allows anything else"],
  likely: ["●", "likely"],
  possible: ["○", "possible"],
};

/** How sure a finding is, as sign and word. */
export function Sure({ of: word }: { of: string }) {
  const [sign, meaning] = SURE[word] ?? ["○", word];
  return (
    <span class={`sure sure-${word}`} title={meaning}>
      {sign} {word}
    </span>
  );
}

/** Where a step of a chain leads: an object, a package variable or a goroutine; null if nowhere. */
function placeOfStep(step: Json): string | null {
  const goroutine = step.kind === "goroutine" ? /^goroutine (\d+)/.exec(step.text) : null;
  if (goroutine) return href("goroutine", { id: goroutine[1] });
  if (!step.address || step.kind === "frame") return null;
  return step.kind === "root" ? href("under", { what: step.address }) : href("object", { at: step.address });
}

/** A chain of references, from what holds down to what is held. */
export function Chain({ steps }: { steps: Json[] }) {
  if (steps.length === 0) return null;
  return (
    <ol class="chain">
      {steps.map((step, index) => {
        const url = placeOfStep(step);
        return (
          <li key={index} class={`step step-${step.kind}`}>
            {step.field ? <span class="field">{step.field} </span> : null}
            {url ? (
              <a href={url} title={step.text}>
                {brief(step.text)}
              </a>
            ) : (
              <span title={step.text}>{brief(step.text)}</span>
            )}
            {step.bytes > 0 ? <span class="own"> {bytes(step.bytes)}</span> : null}
            {step.weak ? (
              <span class="rule" title="the step before only knows it">
                {" "}
                weak
              </span>
            ) : null}
            {step.rules?.length ? (
              <span class="rule" title={step.rules.map((rule: Json) => rule.rule).join("\n")}>
                {" "}
                by rule
              </span>
            ) : null}
          </li>
        );
      })}
    </ol>
  );
}

/** A command to copy, and where the page shows the same. */
export function Open({ command }: { command: string | null | undefined }) {
  const url = placeOfCommand(command);
  if (!command) return null;
  return (
    <p class="open">
      {url ? <a href={url}>open</a> : null} <code>{command}</code>
    </p>
  );
}

/** Which rows a screen shows: one of several tables of it. */
export function Views({ views, chosen }: { views: [string, string][]; chosen: string }) {
  return (
    <div class="views" role="group" aria-label="rows">
      {views.map(([name, words]) => (
        <button key={name} type="button" aria-pressed={chosen === name} onClick={() => setFields({ rows: name, sort: "" }, false)}>
          {words}
        </button>
      ))}
    </div>
  );
}

/** Says what the colours of bars mean: a class of the style sheet and words for each. */
export function Legend({ parts, style }: { parts: [string, string][]; style: string }) {
  return (
    <p class="legend">
      {parts.map(([id, words]) => (
        <span key={id}>
          <span class={`key ${style}-${id}`} aria-hidden="true" /> {words}{" "}
        </span>
      ))}
    </p>
  );
}

/** Draws how much of a whole something is. */
export function Bar({ part, whole, kind = "" }: { part: number; whole: number; kind?: string }) {
  const width = whole > 0 ? Math.max(0, Math.min(100, (100 * part) / whole)) : 0;
  return (
    <svg class={`bar ${kind}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="bar-part" x="0" y="0" width={width} height="8" />
    </svg>
  );
}
