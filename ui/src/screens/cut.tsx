// What would be free if references went: the fewest that free something, and what each such cut frees.
import { brief, bytes, count, share } from "../format";
import { Answer, Bar, Size } from "../parts";
import { href, place } from "../route";
import { type Json, useAnswer } from "../server";

function Fewest({ free }: { free: string }) {
  const asked = useAnswer(`cut?${new URLSearchParams({ free })}`);
  return (
    <Answer asked={asked} title="Cut">
      {(answer) => (
        <>
          <h1>What would free {brief(answer.what)}</h1>
          <p>
            {answer.complete ? `${count(answer.pointers)} pointers have to go; ` : `At least ${count(answer.pointers)} pointers have to go: too many to be looked for. `}
            {answer.complete ? (
              <>
                then <Size of={answer.freed_bytes} /> would be free.
              </>
            ) : null}
          </p>
          <table class="plain">
            <tbody>
              {answer.references.map((reference: Json, index: number) => (
                <tr key={index}>
                  <td title={reference.from}>{brief(reference.from)}</td>
                  <td class="field">{reference.field}</td>
                  <td class="number">{reference.pointers > 1 ? `${count(reference.pointers)} ×` : ""}</td>
                  <td>{reference.drop ? <a href={href("cut", { drop: reference.drop })}>what it frees alone</a> : null}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {answer.references.length > 1 && answer.references.every(({ drop }: Json) => drop) ? (
            <p>
              <a href={href("cut", new URLSearchParams(answer.references.map(({ drop }: Json) => ["drop", drop])))}>what all of them free together</a>
            </p>
          ) : null}
        </>
      )}
    </Answer>
  );
}

function Effect({ drops }: { drops: string[] }) {
  const asked = useAnswer(`cut?${new URLSearchParams(drops.map((drop) => ["drop", drop]))}`);
  return (
    <Answer asked={asked} title="Cut">
      {(answer) => (
        <>
          <h1>Without {answer.dropped.map(brief).join(", ")}</h1>
          <p>
            <Size of={answer.freed_bytes} whole={answer.live_bytes} /> of {bytes(answer.live_bytes)} would be free, in {count(answer.freed_objects)} objects; {count(answer.pointers)} pointers go.
          </p>
          <h2>Freed</h2>
          <table class="plain">
            <tbody>
              {answer.freed.map((row: Json, index: number) => (
                <tr key={index}>
                  <td class="number">
                    <Size of={row.bytes} />
                  </td>
                  <td class="wide">
                    <Bar part={row.bytes} whole={answer.freed_bytes} />
                  </td>
                  <td title={row.type}>
                    {count(row.objects)} × {brief(row.type)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {answer.kept_bytes > 0 ? (
            <>
              <h2>
                Reached over them too, and kept by others <span class="aside">{bytes(answer.kept_bytes)}</span>
              </h2>
              <table class="plain">
                <tbody>
                  {answer.kept.map((row: Json, index: number) => (
                    <tr key={index}>
                      <td class="number">
                        {bytes(row.bytes)} {share(row.bytes, answer.kept_bytes)}
                      </td>
                      <td title={row.owner}>{brief(row.owner)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </>
          ) : null}
        </>
      )}
    </Answer>
  );
}

export function Cut() {
  const { fields } = place.value;
  const free = fields.get("free");
  const drops = fields.getAll("drop");
  if (free) return <Fewest free={free} />;
  if (drops.length > 0) return <Effect drops={drops} />;
  return <p>Nothing is to be cut: `why` of something leads here.</p>;
}
