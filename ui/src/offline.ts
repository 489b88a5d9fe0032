// The page as one file: answers that were known when it was written stand in it, and questions are looked up there.
// Tables are sorted and filtered here then.
import type { Json } from "./server";

const element = document.getElementById("answers");
const answers: Record<string, Json> | null = element ? JSON.parse(element.textContent ?? "null") : null;

/** Whether this page is a file, without a server. */
export const isOffline = answers !== null;

const UNITS: Record<string, number> = { "": 1, b: 1, k: 1024, kib: 1024, m: 1024 ** 2, mib: 1024 ** 2, g: 1024 ** 3, gib: 1024 ** 3, us: 1e3, ms: 1e6, s: 1e9 };

function numberOf(text: string): number {
  const [, digits, unit] = /^([\d.]+)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
}

/** Whether a row passes a filter as holdfast writes them: "type~main", "own>=1MiB", or a text anywhere. */
export function passes(row: Json, columns: { name: string; unit: string }[], filter: string): boolean {
  const [, name, test, wanted] = /^([a-z_]+)(!=|!~|>=|<=|[=~<>])(.*)$/.exec(filter) ?? [];
  const column = columns.find((one) => one.name === name);
  if (!column) return columns.some(({ name: any, unit }) => unit === "text" && String(row[any] ?? "").toLowerCase().includes(filter.toLowerCase()));
  const value = row[name];
  if (column.unit === "text") {
    const text = String(value ?? "");
    const matches = test.endsWith("~") ? new RegExp(wanted, "i").test(text) : text === wanted;
    return test.startsWith("!") ? !matches : matches;
  }
  if (value === null) return false;
  const number = Number(value);
  const limit = numberOf(wanted);
  return { "=": number === limit, "!=": number !== limit, ">=": number >= limit, "<=": number <= limit, ">": number > limit, "<": number < limit }[test] ?? false;
}

/** Numbers from the largest down, texts from A on, what is not known last; turned round by a minus. */
function compare(a: Json, b: Json, turned: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === "number" ? b - a : String(a) < String(b) ? -1 : Number(String(a) > String(b));
  return turned ? -order : order;
}

function cut(table: Json, query: URLSearchParams): Json {
  const sort = query.get("sort") || table.sort;
  const column = sort.replace(/^-/, "");
  const from = Number(query.get("from") ?? 0);
  const rows: Json[] = table[table.key]
    .filter((row: Json) => query.getAll("filter").every((filter) => passes(row, table.columns, filter)))
    .sort((a: Json, b: Json) => compare(a[column], b[column], sort.startsWith("-")));
  return { ...table, matching: rows.length, sort, from, [table.key]: rows.slice(from, from + Number(query.get("count") ?? 100)) };
}

/** The answer to a question about the target; null if the file has none. */
export function answerOf(question: string): Json {
  if (answers === null) return null;
  if (!question.startsWith("table?")) return answers[question] ?? null;
  const query = new URLSearchParams(question.slice("table?".length));
  const table = answers[`table?${new URLSearchParams({ name: query.get("name") ?? "", ...(query.get("of") ? { of: query.get("of") as string } : {}) })}`];
  return table ? cut(table, query) : null;
}
