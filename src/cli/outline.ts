import { moment } from "./output.ts";
import { printable } from "./printable.ts";

/** Milliseconds since 1970 from 2017 to 2096: numbers of this size are times. */
const isMoment = (value: number) => value > 1.5e12 && value < 4e12;

/** Any JSON value as indented lines: what the relay answered, all of it, readable. */
export function outline(value: unknown, margin = ""): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return `${margin}none`;
    return value.map((item) => `${margin}- ${outline(item, `${margin}  `).trimStart()}`).join("\n");
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([name, part]) => {
        const nested = typeof part === "object" && part !== null && Object.keys(part).length > 0;
        const label = `${margin}${printable(name)}:`;
        return nested ? `${label}\n${outline(part, `${margin}  `)}` : `${label} ${outline(part)}`;
      })
      .join("\n");
  }
  if (typeof value === "number" && isMoment(value)) return `${margin}${value} (${moment(value)})`;
  return margin + (value === "" || value === null ? "nothing" : printable(String(value)));
}
