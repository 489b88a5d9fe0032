// The table that led to where the page is: with [ and ] one goes to what its rows beside open.
import { go, placeOfCommand } from "./route";
import { ask, type Json } from "./server";

let walked: { url: string; row: number; rows: number } | null = null;

/** Says that row `row` of the table behind the URL was opened, which has so many. */
export function remember(url: string, row: number, rows: number): void {
  walked = { url, row, rows };
}

export function goBeside(step: number): void {
  const from = walked;
  const row = (from?.row ?? 0) + step;
  if (!from || row < 0 || row >= from.rows) return;
  walked = { ...from, row };
  ask(`${from.url}&from=${row}&count=1`).then(
    (answer: Json) => {
      const target = placeOfCommand(answer[answer.key][0]?.open);
      if (target) go(target, true);
    },
    () => {},
  );
}
