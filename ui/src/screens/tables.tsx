// Screens that are one table each.
import { Views } from "../parts";
import { place } from "../route";
import { Table } from "../table";

export const Types = () => (
  <>
    <h1>Types</h1>
    <Table name="types" caption="types" />
  </>
);

export const Objects = () => {
  const of = place.value.fields.get("of") ?? "";
  return (
    <>
      <h1>{of}</h1>
      <Table name="objects" of={of} caption={`objects of ${of}`} />
    </>
  );
};

export const Roots = () => (
  <>
    <h1>Globals and roots</h1>
    <Table name="roots" caption="roots" />
  </>
);

const SPANS: [string, string][] = [
  ["spans", "Each"],
  ["span-classes", "By size class"],
];

export const Spans = () => {
  const rows = place.value.fields.get("rows") ?? SPANS[0][0];
  return (
    <>
      <h1>Spans</h1>
      <Views views={SPANS} chosen={rows} />
      <Table key={rows} name={rows} caption="spans" />
    </>
  );
};

export const Cycles = () => (
  <>
    <h1>Cycles</h1>
    <p>
      A cycle of pointers is no leak in Go: the collector frees it with all that it holds once nothing else leads to it. One with a finalizer is
      never freed.
    </p>
    <Table name="cycles" caption="cycles" />
  </>
);
