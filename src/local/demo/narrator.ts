/** Tells the story twice over: for a person in colour, for a script as one JSON event a line. */
import colors from "picocolors";

export interface Narrator {
  chapter(title: string): void;
  /** Something that happened; `detail` is shown below it, and goes into the event. */
  event(name: string, sentence: string, detail?: Record<string, unknown>): void;
}

export function terminalNarrator(): Narrator {
  return {
    chapter: (title) => console.log(`\n${colors.bold(colors.cyan(title))}`),
    event(_, sentence, detail = {}) {
      console.log(`  ${colors.green("•")} ${sentence}`);
      for (const [name, value] of Object.entries(detail))
        console.log(`      ${colors.dim(`${name}:`)} ${colors.yellow(show(value))}`);
    },
  };
}

export function jsonNarrator(): Narrator {
  const start = performance.now();
  return {
    chapter: () => undefined,
    event: (name, sentence, detail = {}) =>
      console.log(
        JSON.stringify({ event: name, ms: Math.round(performance.now() - start), sentence, ...detail }),
      ),
  };
}

function show(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${name} ${show(part)}`)
    .join(", ");
}
