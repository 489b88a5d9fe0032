// Screens that are one table each.
import { place, setFields } from "../route";
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

function TwoTables({ title, tables, first }: { title: string; tables: [string, string][]; first?: string[] }) {
  const of = place.value.fields.get("rows") ?? tables[0][0];
  return (
    <>
      <h1>{title}</h1>
      <div class="views" role="group" aria-label="rows">
        {tables.map(([name, words]) => (
          <button key={name} type="button" aria-pressed={of === name} onClick={() => setFields({ rows: name, sort: "" }, false)}>
            {words}
          </button>
        ))}
      </div>
      <Table key={of} name={of} caption={title.toLowerCase()} first={first} />
    </>
  );
}

export const Goroutines = () => (
  <TwoTables
    title="Goroutines"
    first={["total", "count", "doing", "leaked", "top", "waiting", "retained", "stack", "created_by"]}
    tables={[
      ["goroutine-groups", "By place"],
      ["goroutines", "Each"],
      ["labels", "By label"],
    ]}
  />
);

export const Roots = () => (
  <>
    <h1>Globals and roots</h1>
    <Table name="roots" caption="roots" />
  </>
);

export const Spans = () => (
  <TwoTables
    title="Spans"
    tables={[
      ["spans", "Each"],
      ["span-classes", "By size class"],
    ]}
  />
);

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
