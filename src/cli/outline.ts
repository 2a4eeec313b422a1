import { moment } from "./output.ts";
import { printable } from "./printable.ts";

/** Names of times, in answers and in columns. Their values are milliseconds since 1970, from 2017 to 2096. */
const TIME = /(at|until|after|timestamp)$/i;
const isMoment = (name: string, value: number) => TIME.test(name) && value > 1.5e12 && value < 4e12;

/** Longer ones (receipts, statements) are for programs: a person is shown that they are there. */
const MAX_TEXT = 120;

/** Any JSON value as indented lines: what the relay answered, readable. Long texts are cut, and it is said. */
export function outline(value: unknown, margin = "", name = ""): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return `${margin}none`;
    return value.map((item) => `${margin}- ${outline(item, `${margin}  `).trimStart()}`).join("\n");
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([name, part]) => {
        const nested = typeof part === "object" && part !== null && Object.keys(part).length > 0;
        const label = `${margin}${printable(name)}:`;
        return nested ? `${label}\n${outline(part, `${margin}  `)}` : `${label} ${outline(part, "", name)}`;
      })
      .join("\n");
  }
  if (typeof value === "number" && isMoment(name, value)) return `${margin}${value} (${moment(value)})`;
  if (value === "" || value === null) return `${margin}nothing`;
  const text = printable(String(value));
  return margin + (text.length > MAX_TEXT ? `${text.slice(0, 40)}… (${text.length} characters)` : text);
}
