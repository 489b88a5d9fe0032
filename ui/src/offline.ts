// The page as one file: answers that were known when it was written stand in it, and questions are looked up there.
// Tables are sorted and filtered here then.
import type { Json } from "./server";

const element = document.getElementById("answers");
const answers: Record<string, Json> | null = element ? JSON.parse(element.textContent ?? "null") : null;

/** Whether this page is a file, without a server. */
export const isOffline = answers !== null;

const SIZES: Record<string, number> = { "": 1, b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3, tib: 1024 ** 4 };
const TIMES: Record<string, number> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, min: 60e9, h: 3600e9, d: 86_400e9 };

interface Column {
  name: string;
  unit: string;
}

function numberOf(text: string, unit: string): number {
  if (unit === "flag" && (text === "yes" || text === "no")) return Number(text === "yes");
  const units = unit === "bytes" ? SIZES : unit === "ns" ? TIMES : { "": 1 };
  const [, sign, digits, suffix] = /^([+-]?)(0x[\da-f]+|\d+(?:\.\d*)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const number = digits === undefined ? Number.NaN : Number(digits) * (units[suffix.toLowerCase()] ?? Number.NaN);
  if (Number.isNaN(number)) throw new Error(`"${text}" is no ${unit === "bytes" ? "size such as 1.5MiB" : unit === "ns" ? "time such as 90s" : unit === "flag" ? "yes or no" : "number"}`);
  return sign === "-" ? -number : number;
}

/**
 * Whether a row passes a filter as holdfast reads them: "type~main", "own>=1MiB", or a text anywhere. What is not known
 * is neither above nor below anything, but it differs from everything. Throws if the filter can match nothing.
 */
export function passes(row: Json, columns: Column[], filter: string): boolean {
  const [, name, test, behind] = /^\s*([a-z_]+)\s*(!=|!~|>=|<=|[=~<>])(.*)$/s.exec(filter) ?? [];
  const column = columns.find((one) => one.name === name);
  if (!column) return columns.some(({ name: any, unit }) => unit === "text" && String(row[any] ?? "").toLowerCase().includes(filter.toLowerCase()));
  const value = row[name];
  const wanted = behind.trim();
  if (column.unit === "text") {
    const text = String(value ?? "");
    const matches = test.endsWith("~") ? new RegExp(wanted, "i").test(text) : text === wanted;
    return test.startsWith("!") ? !matches : matches;
  }
  const limit = numberOf(wanted, column.unit);
  if (value === null) return test === "!=";
  const number = Number(value);
  return { "=": number === limit, "!=": number !== limit, ">=": number >= limit, "<=": number <= limit, ">": number > limit, "<": number < limit }[test] ?? false;
}

/** Numbers from the largest down, texts from A on, what is not known last; turned round by a minus. */
function compare(a: Json, b: Json, unit: string, turned: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = unit !== "text" ? Number(b) - Number(a) : a < b ? -1 : Number(a > b);
  return turned ? -order : order;
}

function cut(table: Json, query: URLSearchParams): Json {
  const sort = query.get("sort") || table.sort;
  const column = sort.replace(/^-/, "");
  const unit = table.columns.find(({ name }: Column) => name === column)?.unit ?? "text";
  const from = Number(query.get("from") ?? 0);
  const rows: Json[] = table[table.key]
    .filter((row: Json) => query.getAll("filter").every((filter) => passes(row, table.columns, filter)))
    .sort((a: Json, b: Json) => compare(a[column], b[column], unit, sort.startsWith("-")));
  return { ...table, matching: rows.length, sort, from, [table.key]: rows.slice(from, from + Number(query.get("count") ?? 100)) };
}

/** The answer to a question about the target; null if the file has none. Throws if a filter can match nothing. */
export function answerOf(question: string): Json {
  if (answers === null) return null;
  if (!question.startsWith("table?")) return answers[question] ?? null;
  const query = new URLSearchParams(question.slice("table?".length));
  const table = answers[`table?${new URLSearchParams({ name: query.get("name") ?? "", ...(query.get("of") ? { of: query.get("of") as string } : {}) })}`];
  return table ? cut(table, query) : null;
}
