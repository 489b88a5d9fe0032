// A tree as rows that can be folded: each row says how deep it stands, and follows the one that it is below.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";

export interface TreeRow {
  depth: number;
  /** The cells before and behind the name. */
  before: ComponentChildren;
  name: ComponentChildren;
  behind?: ComponentChildren;
  title?: string;
}

/** Which rows stand below another. */
function below(rows: { depth: number }[], row: number): number {
  let end = row + 1;
  while (end < rows.length && rows[end].depth > rows[row].depth) ++end;
  return end - row - 1;
}

/** The rows that are seen when those below folded ones are not. */
export function unfolded(rows: { depth: number }[], folded: Set<number>): number[] {
  const out: number[] = [];
  for (let row = 0; row < rows.length; ++row) {
    out.push(row);
    if (folded.has(row)) row += below(rows, row);
  }
  return out;
}

export function Tree({ rows, label }: { rows: TreeRow[]; label: string }) {
  const [folded, setFolded] = useState(new Set<number>());
  const [chosen, setChosen] = useState(0);
  const body = useRef<HTMLTableSectionElement>(null);
  const seen = unfolded(rows, folded);
  const parents = rows.flatMap((_, row) => (below(rows, row) > 0 ? [row] : []));
  const fold = (row: number, folds: boolean) => {
    const next = new Set(folded);
    if (folds) next.add(row);
    else next.delete(row);
    setFolded(next);
  };
  const choose = (row: number) => {
    setChosen(row);
    (body.current?.querySelector(`[data-row="${row}"]`) as HTMLElement | null)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = seen.indexOf(chosen);
    const isParent = below(rows, chosen) > 0;
    const above = () => {
      for (let row = chosen - 1; row >= 0; --row) if (rows[row].depth < rows[chosen].depth) return row;
      return chosen;
    };
    const moves: Record<string, () => void> = {
      ArrowDown: () => choose(seen[Math.min(at + 1, seen.length - 1)]),
      ArrowUp: () => choose(seen[Math.max(at - 1, 0)]),
      Home: () => choose(seen[0]),
      End: () => choose(seen[seen.length - 1]),
      ArrowRight: () => (isParent && folded.has(chosen) ? fold(chosen, false) : choose(seen[Math.min(at + 1, seen.length - 1)])),
      ArrowLeft: () => (isParent && !folded.has(chosen) ? fold(chosen, true) : choose(above())),
      "+": () => fold(chosen, false),
      "-": () => fold(chosen, isParent),
      "*": () => setFolded(new Set()),
      Enter: () => body.current?.querySelector<HTMLElement>(`[data-row="${chosen}"] a`)?.click(),
    };
    const move = moves[event.key];
    if (!move || (event.key === "Enter" && (event.target as Element).closest("a, button"))) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };
  return (
    <>
      {parents.length > 1 ? (
        <p class="small">
          <button type="button" onClick={() => setFolded(new Set())}>
            unfold all
          </button>{" "}
          <button type="button" onClick={() => setFolded(new Set(parents))}>
            fold all
          </button>
        </p>
      ) : null}
      <table class="plain tree" role="treegrid" aria-label={label}>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {seen.map((row) => {
            const isParent = below(rows, row) > 0;
            return (
              <tr
                key={row}
                data-row={row}
                tabIndex={row === chosen ? 0 : -1}
                aria-level={rows[row].depth + 1}
                aria-expanded={isParent ? !folded.has(row) : undefined}
                onFocus={() => setChosen(row)}
              >
                {rows[row].before}
                <td class={`depth depth-${Math.min(rows[row].depth, 12)}`} title={rows[row].title}>
                  {isParent ? (
                    <button type="button" class="fold" tabIndex={-1} aria-label={folded.has(row) ? "unfold" : "fold"} onClick={() => fold(row, !folded.has(row))}>
                      {folded.has(row) ? "▸" : "▾"}
                    </button>
                  ) : (
                    <span class="fold" />
                  )}
                  {rows[row].name}
                </td>
                {rows[row].behind}
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}
