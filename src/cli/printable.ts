// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of others', made safe to show: control characters could move the cursor, rewrite lines above or set the
 * terminal's clipboard, and marks of writing direction could make a text read as another. Keeps tabs and lines.
 */
export function printable(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(CONTROL, "\ufffd");
}

/** The same, on lines of its own that begin with `margin`: a text can't pass for the program's own words. */
export function quoted(text: string, margin = "  "): string {
  return printable(text)
    .split("\n")
    .map((line) => margin + line)
    .join("\n");
}
