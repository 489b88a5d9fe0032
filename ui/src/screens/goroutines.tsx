// Goroutines: by place, each, by label, and who shares what with whom.
import { brief, bytes, count } from "../format";
import { Answer, Legend, Size, Views } from "../parts";
import { href, place } from "../route";
import { isOffline } from "../offline";
import { type Json, useAnswer } from "../server";
import { Table } from "../table";

const PARTS: [string, string][] = [
  ["alone", "one of them alone"],
  ["together", "several of them, nobody else"],
  ["with_goroutines", "goroutines elsewhere as well"],
  ["with_others", "variables and others as well"],
];
const MOST = 30; // groups, and sets

function Reach({ group, most }: { group: Json; most: number }) {
  let x = 0;
  return (
    <svg class="to-scale" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
      {PARTS.map(([id]) => {
        const width = (1000 * group[id]) / most;
        const begin = x;
        x += width;
        return width > 0 ? <rect key={id} class={`reach-${id}`} x={begin} y="0" width={Math.max(width, 1)} height="14" /> : null;
      })}
    </svg>
  );
}

const reached = (group: Json) => group.alone + group.together + group.with_goroutines + group.with_others;

function Groups({ groups }: { groups: Json[] }) {
  const most = Math.max(1, ...groups.map(reached));
  return (
    <section aria-labelledby="reach">
      <h2 id="reach">
        What they reach <span class="aside">{count(Math.min(groups.length, MOST))} of {count(groups.length)} places</span>
      </h2>
      <Legend parts={PARTS} style="reach" />
      <table class="plain scaled">
        <tbody>
          {groups.slice(0, MOST).map((group) => (
            <tr key={group.who}>
              <td class="number">
                <Size of={reached(group)} />
              </td>
              <td>
                <a href={href("goroutine", { id: String(group.goid) })}>{brief(group.who)}</a>
              </td>
              <td class="scale">
                <Reach group={group} most={most} />
                <span class="small">
                  {PARTS.filter(([id]) => group[id] > 0)
                    .map(([id, words]) => `${bytes(group[id])} ${words}`)
                    .join(", ")}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Sets({ sets, groups }: { sets: Json[]; groups: Json[] }) {
  return (
    <section aria-labelledby="sets">
      <h2 id="sets">
        Shared <span class="aside">what these reach together, and nobody else; {count(Math.min(sets.length, MOST))} of {count(sets.length)}</span>
      </h2>
      {sets.length === 0 ? <p>Nothing.</p> : null}
      <table class="plain">
        <tbody>
          {sets.slice(0, MOST).map((set, row) => (
            <tr key={row}>
              <td class="number">
                <Size of={set.bytes} />
              </td>
              <td>
                {[...set.groups.map((group: number) => groups[group].who), ...set.others].map((who: string) => (
                  <div key={who}>{brief(who)}</div>
                ))}
                {set.too_many ? <div class="aside">more than 256 owners: these are their kinds</div> : null}
              </td>
              <td>
                {set.largest.map((object: Json) => (
                  <div key={object.address}>
                    <a href={href("object", { at: object.address })}>{brief(object.what)}</a> <span class="aside">{bytes(object.retained_bytes)}</span>
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Shares() {
  const asked = useAnswer("shares");
  return (
    <Answer asked={asked}>
      {(answer) => (
        <>
          <p>
            Stacks lead to {bytes(answer.live_bytes - answer.no_goroutine)} of the {bytes(answer.live_bytes)} that live.
            {answer.too_many > 0 ? ` ${bytes(answer.too_many)} have more than 256 owners, and are in no group.` : ""}
          </p>
          <Groups groups={answer.groups} />
          <Sets sets={answer.sets} groups={answer.groups} />
        </>
      )}
    </Answer>
  );
}

const VIEWS: [string, string][] = [
  ["goroutine-groups", "By place"],
  ["goroutines", "Each"],
  ["labels", "By label"],
  ["shares", "Who shares what"],
];

export function Goroutines() {
  const rows = place.value.fields.get("rows") ?? VIEWS[0][0];
  return (
    <>
      <h1>Goroutines</h1>
      <Views views={VIEWS.filter(([name]) => !isOffline || name !== "shares")} chosen={rows} />
      {rows === "shares" ? (
        <Shares />
      ) : (
        <Table key={rows} name={rows} caption="goroutines" first={["total", "count", "doing", "leaked", "top", "waiting", "retained", "stack", "created_by"]} />
      )}
    </>
  );
}
