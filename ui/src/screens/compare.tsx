// What changed from one target to another: by type, owner, path, place of allocation and goroutines.
import { brief, bytes, count, duration } from "../format";
import { Answer } from "../parts";
import { place, setFields } from "../route";
import { type Json, targets, useAnswer } from "../server";

const BY: Record<string, string> = { type: "By type", owner: "By owner", path: "By path", site: "By place of allocation", goroutines: "By goroutines" };
const SIZE = 120; // pixels of the largest change

const signed = (value: number) => `${value > 0 ? "+" : ""}${bytes(value)}`;

function List({ list }: { list: Json }) {
  const most = Math.max(1, ...list.changes.map(({ change_bytes }: Json) => Math.abs(change_bytes)));
  return (
    <section>
      <h2>{BY[list.by] ?? list.by}</h2>
      {list.absent ? <p>{list.absent}</p> : null}
      {!list.absent && list.changes.length === 0 ? <p>Nothing changed by much.</p> : null}
      <table class="plain">
        <tbody>
          {list.changes.map((change: Json) => (
            <tr key={change.key}>
              <td class="number">
                <span title={`${count(change.change_bytes)} bytes`}>{signed(change.change_bytes)}</span>
              </td>
              <td>
                <svg class="change" width={SIZE} height="10" aria-hidden="true">
                  <rect class={change.change_bytes < 0 ? "less" : "more"} x="0" y="1" width={(SIZE * Math.abs(change.change_bytes)) / most} height="8" />
                </svg>
              </td>
              <td title={change.what}>
                {brief(change.what)} {change.rises ? <span class="aside">rises at every step</span> : null}
              </td>
              <td class="number">{change.steps.map((step: Json) => bytes(step.bytes)).join(" → ")}</td>
              <td class="number">{change.per_second ? `${signed(change.per_second * 60)} a minute` : ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Compare() {
  const all = targets.value;
  const first = place.value.fields.get("with");
  const now = place.value.target;
  const asked = useAnswer(first === null ? null : `compare?with=${first}`);
  if (all.length < 2)
    return (
      <>
        <h1>Compare</h1>
        <p>
          Only one target is open. Name more of them: <code>holdfast web before.hold {all[0] ?? "4711"}</code>. What has become of a live process from look to look is under Live.
        </p>
      </>
    );
  return (
    <>
      <h1>Compare</h1>
      <p>
        <label>
          from{" "}
          <select value={first ?? ""} onChange={(event) => setFields({ with: (event.target as HTMLSelectElement).value }, false)}>
            <option value="">…</option>
            {all.map((name, number) => (number === now ? null : <option key={name} value={number}>{name}</option>))}
          </select>
        </label>{" "}
        to <b>{all[now]}</b> <span class="aside">a live process is held still once more for it</span>
      </p>
      {first === null ? null : (
        <Answer asked={asked}>
          {(growth) => (
            <>
              <p>
                {growth.kinship}
                {growth.seconds ? `, ${duration(growth.seconds * 1e9)} apart` : ""}: live {growth.looks.map(({ live }: Json) => bytes(live.bytes)).join(" → ")}, goroutines {growth.looks.map(({ goroutines }: Json) => count(goroutines)).join(" → ")}, RSS{" "}
                {growth.looks.map(({ rss }: Json) => (rss ? bytes(rss) : "?")).join(" → ")}
              </p>
              {growth.lists.map((list: Json) => (
                <List key={list.by} list={list} />
              ))}
            </>
          )}
        </Answer>
      )}
    </>
  );
}
