/**
 * Reads tables, columns and the comments on them out of SQL, as a person would: a comment on a column's own lines is
 * its, one on lines above it too. From the text and not from `sqlite_master`, which glues the comment of a last column
 * to the one that ALTER TABLE adds behind it.
 */

/** Table → column → its comment; empty when there is none. */
export type Comments = Record<string, Record<string, string>>;

/** @param sql statements in the order in which a database meets them */
export function readComments(sql: readonly string[]): Comments {
  const tables: Comments = {};
  for (const statement of sql.flatMap(splitStatements)) apply(tables, statement);
  return tables;
}

function apply(tables: Comments, statement: readonly Piece[]): void {
  const code = codeOf(statement).trim();
  const made = /^CREATE TABLE (\w+) \(/.exec(code)?.[1];
  if (made !== undefined) tables[made] = readColumns(insideParentheses(statement));
  const [, altered = "", what = ""] = /^ALTER TABLE (\w+) (ADD COLUMN|RENAME TO)/.exec(code) ?? [];
  if (what === "ADD COLUMN") {
    const from = statement.findIndex(({ text, comment }) => !comment && /\bCOLUMN\s*$/.test(text));
    Object.assign(tables[altered] ?? {}, readColumns(statement.slice(from + 1)));
  }
  if (what === "RENAME TO") {
    tables[/RENAME TO (\w+)/.exec(code)?.[1] ?? ""] = tables[altered] ?? {};
    delete tables[altered];
  }
  const dropped = /^DROP TABLE (\w+)/.exec(code)?.[1];
  if (dropped !== undefined) delete tables[dropped];
}

/** A line's code or its comment. */
interface Piece {
  readonly text: string;
  readonly comment: boolean;
}

/** One line at most has a comment, at its end: SQL here has no `--` in a text. */
function splitStatements(sql: string): Piece[][] {
  const statements: Piece[][] = [[]];
  for (const line of sql.split("\n")) {
    const [code = "", ...comment] = line.split("--");
    const [first = "", ...others] = code.split(";");
    statements.at(-1)?.push({ text: first, comment: false });
    for (const other of others) statements.push([{ text: other, comment: false }]);
    if (comment.length > 0) statements.at(-1)?.push({ text: comment.join("--").trim(), comment: true });
  }
  return statements;
}

function codeOf(pieces: readonly Piece[]): string {
  return pieces
    .filter(({ comment }) => !comment)
    .map(({ text }) => text)
    .join(" ");
}

/** What a CREATE TABLE lists, from its first line's end to the closing parenthesis's line. */
function insideParentheses(statement: readonly Piece[]): Piece[] {
  const open = statement.findIndex(({ text, comment }) => !comment && text.includes("("));
  return statement.slice(open + 1);
}

const CONSTRAINTS = new Set(["PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "CONSTRAINT", "NOT", "DEFAULT"]);

/** Each column begins a line. What follows on lines of its own until the next column's code is told of that one. */
function readColumns(pieces: readonly Piece[]): Record<string, string> {
  const columns: Record<string, string> = {};
  let above: string[] = [];
  let column: string | undefined;
  let sameLine = false;
  for (const { text, comment } of pieces) {
    if (comment) {
      if (sameLine && column !== undefined) columns[column] = `${columns[column]} ${text}`.trim();
      else above.push(text);
      continue;
    }
    sameLine = text.trim() !== "";
    const name = /^\s*([a-z_]+) [A-Z]/.exec(text)?.[1];
    const word = /^\s*(\w+)/.exec(text)?.[1] ?? "";
    if (name === undefined || CONSTRAINTS.has(word)) continue;
    column = name;
    columns[name] = above.join(" ");
    above = [];
  }
  return columns;
}
