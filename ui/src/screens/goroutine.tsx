// One goroutine: what it waits for, its stack, and what each frame holds.
import { brief, bytes, count, duration } from "../format";
import { Answer, Size } from "../parts";
import { href, place } from "../route";
import { type Json, useAnswer } from "../server";

const where = (code: Json) => (code?.file ? `${code.file}:${code.line}` : "");

export function Goroutine() {
  const id = place.value.fields.get("id") ?? "";
  const asked = useAnswer(`goroutine?${new URLSearchParams({ id })}`);
  return (
    <Answer asked={asked} title={`Goroutine ${id}`}>
      {(one) => (
        <>
          <h1>
            Goroutine {one.goid} <span class="aside">{one.wait_reason || one.state}{one.waiting_ns > 0 ? ` for ${duration(one.waiting_ns)}` : ""}</span>
          </h1>
          <p>
            Keeps <Size of={one.retained_bytes} /> alive in {count(one.retained_objects)} objects, and <Size of={one.stack_bytes} /> of stack. {one.shared_bytes > 0 ? `Shares ${bytes(one.shared_bytes)} with others. ` : ""}
            {one.created_by?.function ? (
              <>
                Started by {brief(one.created_by.function)} <span class="aside">{where(one.created_by)}</span>.{" "}
              </>
            ) : null}
            <a href={href("why", { what: `goroutine:${one.goid}` })}>what it holds</a>
          </p>
          {one.labels ? <p>Labels: {one.labels}</p> : null}
          {one.channels.map((channel: Json, index: number) => (
            <p key={index}>
              Waits to {channel.sends ? "send to" : "receive from"} {channel.address ? <a href={href("object", { at: channel.address })}>{channel.name || "a channel"}</a> : channel.name || "a channel"} of {brief(channel.element)}: {count(channel.length)} of {count(channel.capacity)}{" "}
              filled{channel.closed ? ", closed" : ""}.
            </p>
          ))}
          <h2>Stack</h2>
          <ol class="frames">
            {one.frames.map((frame: Json, index: number) => (
              <li key={index} class={frame.inlined ? "inlined" : ""}>
                <b>{brief(frame.place.function || frame.outside)}</b> <span class="aside">{where(frame.place)}</span>
                {frame.retained_bytes > 0 ? (
                  <>
                    {" "}
                    keeps <Size of={frame.retained_bytes} />
                  </>
                ) : null}
                {frame.pointers.length > 0 ? (
                  <ul>
                    {frame.pointers.map((pointer: Json, number: number) => (
                      <li key={number}>
                        <a href={href("object", { at: pointer.to })}>{brief(pointer.type) || pointer.to}</a> <Size of={pointer.retained_bytes} />
                        {pointer.conservative ? <span class="aside"> perhaps no pointer</span> : null}
                      </li>
                    ))}
                  </ul>
                ) : null}
              </li>
            ))}
          </ol>
        </>
      )}
    </Answer>
  );
}
