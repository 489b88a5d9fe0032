// Numbers as people read them. Sizes are in binary units, as everywhere in holdfast.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** "1.5 GiB"; small ones exactly: "512 B". */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return "";
  let unit = 0;
  let size = Math.abs(value);
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    ++unit;
  }
  const sign = value < 0 ? "-" : "";
  return unit === 0 ? `${sign}${size} B` : `${sign}${size.toFixed(size >= 1000 ? 0 : 1)} ${UNITS[unit]}`;
}

/** "1,234,567". */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : value.toLocaleString("en-US");
}

/** "1,234,567 bytes", for hovering. */
export function exactBytes(value: number): string {
  return `${count(value)} bytes`;
}

/** "12 %", "0.4 %"; "< 0.1 %" of what is there but hardly. */
export function share(part: number, whole: number): string {
  if (whole <= 0) return "";
  const percent = (100 * part) / whole;
  if (percent >= 10) return `${Math.round(percent)} %`;
  if (percent >= 0.1) return `${percent.toFixed(1)} %`;
  return part > 0 ? "< 0.1 %" : "0 %";
}

const STEPS: [number, string][] = [
  [86_400e9, "d"],
  [3_600e9, "h"],
  [60e9, "min"],
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "µs"],
];

/** Nanoseconds as "3.1 s". */
export function duration(ns: number | null | undefined): string {
  if (ns === null || ns === undefined) return "";
  for (const [size, unit] of STEPS) if (ns >= size) return `${(ns / size).toFixed(1)} ${unit}`;
  return `${ns} ns`;
}

/** A sentence in which modules have no hosts and folders: "held by global of example.com/shop/cart.init". */
export function briefly(text: string): string {
  return text.replace(/\b[a-z][\w-]*(?:\.[a-z][\w-]*)+\/(?:[\w.\-~%]+\/)*/g, "");
}

/** A type or function without the paths of its packages: "cart.Item" for "example.com/shop/cart.Item". */
export function brief(name: string): string {
  return name.replace(/[\w.\-~%]+\/(?:[\w.\-~%]+\/)*/g, "");
}
