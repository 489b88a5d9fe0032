// The frame of the page: the rail of screens, the search, what the target is doing, and the screen of the place.
import type { ComponentType } from "preact";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { KEY_HELP, onKey, SCREENS, showsKeys } from "./keys";
import { followLinks, go, href, place } from "./route";
import { Export } from "./screens/export";
import { isOffline } from "./offline";
import { Compare } from "./screens/compare";
import { Cut } from "./screens/cut";
import { Findings } from "./screens/findings";
import { Evidence, Source } from "./screens/evidence";
import { Flame } from "./screens/flame";
import { Goroutine } from "./screens/goroutine";
import { Goroutines } from "./screens/goroutines";
import { Graph } from "./screens/graph";
import { AddressMap } from "./screens/map";
import { ObjectScreen } from "./screens/object";
import { Live } from "./screens/live";
import { Open } from "./screens/open";
import { Overview } from "./screens/overview";
import { Owners } from "./screens/owners";
import { Slices } from "./screens/slices";
import { Query, SpanScreen } from "./screens/query";
import { Cycles, Objects, Roots, Spans, Types } from "./screens/tables";
import { Under, Why } from "./screens/why";
import { begin, counters, ended, firstAccount, isAsking, lookAgain, refused, running, state, stopAsking, targets, useAnswer } from "./server";
import { Menu } from "./menu";
import { Palette } from "./palette";
import { pins, turnPin } from "./pins";
import { search } from "./search";
import "./style.css";

const SCREEN_OF: Record<string, ComponentType> = {
  open: Open,
  overview: Overview,
  live: Live,
  findings: Findings,
  owners: Owners,
  types: Types,
  objects: Objects,
  goroutines: Goroutines,
  goroutine: Goroutine,
  roots: Roots,
  slices: Slices,
  spans: Spans,
  span: SpanScreen,
  cycles: Cycles,
  object: ObjectScreen,
  why: Why,
  under: Under,
  cut: Cut,
  flame: Flame,
  evidence: Evidence,
  source: Source,
  graph: Graph,
  map: AddressMap,
  export: Export,
  compare: Compare,
  query: Query,
};

function Search() {
  const field = useRef<HTMLInputElement>(null);
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(field.current?.value ?? "");
      }}
    >
      <input id="search" ref={field} type="search" aria-label="search" placeholder="address, type, global:NAME, goroutine, file.go:12   ( / )" />
    </form>
  );
}

function Status() {
  const { stage, look } = state.value;
  const isLive = counters.value.length > 0 && ended.value === null;
  return (
    <div class="status" role="status">
      {stage === "opening" ? <span class="chip busy">looking{running.value ? `: ${running.value}` : ""} …</span> : null}
      {stage === "ready" && running.value ? (
        <span class="chip busy">
          computing: {running.value} …{" "}
          {isAsking.value ? (
            <button type="button" class="quiet" title="Esc" onClick={stopAsking}>
              stop
            </button>
          ) : null}
        </span>
      ) : null}
      {stage === "none" ? <span class="chip">nothing is open</span> : null}
      {stage === "ready" ? <span class="chip">{isOffline ? "a file" : isLive || look > 1 ? `look ${look}` : "open"}</span> : null}
      {stage === "failed" ? <span class="chip bad">✖ could not be opened</span> : null}
      {stage === "lost" ? <span class="chip bad">✖ holdfast has ended</span> : null}
      {ended.value ? <span class="chip bad">✖ {ended.value}; what was seen stays</span> : null}
      {refused.value ? <span class="chip bad">✖ {refused.value}</span> : null}
      {isLive && stage !== "opening" ? (
        <button type="button" onClick={lookAgain} title="holds the process still for a moment, as at first">
          look again
        </button>
      ) : null}
    </div>
  );
}

function Target() {
  const asked = useAnswer("report");
  const target = asked.answer?.target ?? firstAccount.value?.target;
  useEffect(() => {
    if (target) document.title = `${target.name} – holdfast`;
  }, [target?.name]);
  if (targets.value.length > 1)
    return (
      <select
        class="target"
        aria-label="target"
        value={place.value.target}
        onChange={(event) => go(href(place.value.screen, {}, Number((event.target as HTMLSelectElement).value)))}
      >
        {targets.value.map((name, number) => (
          <option key={name} value={number}>
            {name}
          </option>
        ))}
      </select>
    );
  return (
    <span class="target">
      {target ? (
        <>
          <b>{target.name}</b> {target.kind === "live" ? `pid ${target.pid}` : target.kind} <span class="aside">{target.go_version}</span>
        </>
      ) : (
        targets.value[0]
      )}
    </span>
  );
}

function Failed() {
  const { error, code } = state.value;
  const hint: Record<string, string> = {
    permission: "Run holdfast as the user that the process belongs to, or as root.",
    damaged: "The file is not whole. If it was copied, copy it again; a core that was cut off can be opened as far as it goes by the command line.",
    "target-gone": "The process has ended. A capture of it (holdfast capture) would have stayed.",
    unsupported: "holdfast reads programs of Go 1.19 and later on linux/amd64.",
  };
  return (
    <section class="failure" role="alert">
      <h1>{targets.value[place.value.target] ?? "The target"} could not be opened</h1>
      <p>{error}</p>
      <p>{hint[code ?? ""] ?? "Ctrl-C ends holdfast; start it again to try once more."}</p>
    </section>
  );
}

function Keys() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (showsKeys.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [showsKeys.value]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby="keys"
      onClose={() => {
        showsKeys.value = false;
      }}
    >
      <h2 id="keys">Keys</h2>
      <dl>
        {KEY_HELP.map(([key, meaning]) => (
          <>
            <dt key={key}>{key}</dt>
            <dd>{meaning}</dd>
          </>
        ))}
      </dl>
      <button type="button" onClick={() => dialog.current?.close()}>
        close
      </button>
    </dialog>
  );
}

function Page() {
  const isNone = state.value.stage === "none";
  const screen = isNone ? "open" : place.value.screen;
  const Screen = SCREEN_OF[screen];
  return (
    <>
      <a class="skip" href="#main">
        to the content
      </a>
      <header>
        <Target />
        <Search />
        <Status />
      </header>
      <nav class="rail" aria-label="screens">
        <div class="stays">
        <ul>
          {SCREENS.filter(({ id }) => !isNone || id === "open").map(({ id, name, key }) => (
            <li key={id}>
              <a href={href(id)} aria-current={id === screen ? "page" : undefined} title={`g ${key}`}>
                {name}
              </a>
            </li>
          ))}
        </ul>
        {pins.value.length > 0 ? (
          <>
            <h2 id="pins">Pins</h2>
            <ul aria-labelledby="pins">
              {pins.value.map(({ url, name }) => (
                <li key={url} class="pin">
                  <a href={url} title={name}>
                    {name}
                  </a>
                  <button type="button" class="quiet" aria-label={`take the pin of ${name} away`} onClick={() => turnPin(url, name)}>
                    ✕
                  </button>
                </li>
              ))}
            </ul>
          </>
        ) : null}
        <button type="button" class="quiet" onClick={() => (showsKeys.value = true)}>
          keys ( ? )
        </button>
        </div>
      </nav>
      <main id="main" tabIndex={-1}>
        {screen === "open" ? <Open /> : state.value.stage === "failed" ? <Failed /> : Screen ? <Screen key={`${place.value.target} ${screen}`} /> : <p role="alert">There is no such screen.</p>}
      </main>
      <Keys />
      <Menu />
      <Palette />
    </>
  );
}

addEventListener("keydown", onKey);
addEventListener("click", followLinks);
begin();
render(<Page />, document.getElementById("page") as HTMLElement);
