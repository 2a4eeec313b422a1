import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { COLUMNS_FILE, columnsModule } from "../../../src/local/data-map/columns.ts";
import { readComments } from "../../../src/local/data-map/schema-comments.ts";

describe("comments on columns", () => {
  it("are those above a column, and those at the end of its lines", () => {
    const sql = `
      -- About the table.
      CREATE TABLE a (
        -- Above.
        -- And more.
        x TEXT NOT NULL PRIMARY KEY,
        y INTEGER,   -- behind
        state TEXT NOT NULL   -- behind a line
          CHECK (state IN ('q', 'r')),
        bare BLOB,
        -- Of the key.
        PRIMARY KEY (x)
      ) STRICT;`;
    expect(readComments([sql])).toEqual({
      a: { x: "Above. And more.", y: "behind", state: "behind a line", bare: "" },
    });
  });

  it("follow columns that are added and tables that are renamed, made again and dropped", () => {
    const sql = [
      "CREATE TABLE a (\n  x TEXT -- one\n);",
      "ALTER TABLE a ADD COLUMN\n  y INTEGER -- two\n  DEFAULT 0;\nCREATE INDEX i ON a (x);",
      "ALTER TABLE a RENAME TO b;\nCREATE TABLE a (\n  z TEXT -- three\n);",
      "CREATE TABLE gone (\n  x TEXT -- four\n);\nDROP TABLE gone;",
      "CREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n  DELETE FROM b;\nEND;",
    ];
    expect(readComments(sql)).toEqual({ b: { x: "one", y: "two" }, a: { z: "three" } });
  });
});

describe("the relay's copy of them", () => {
  it("is what the schemas say; else: npm run data-map", async () => {
    const squeezed = (text: string) => text.replace(/\s+/g, "");
    expect(squeezed(await readFile(COLUMNS_FILE, "utf8"))).toBe(squeezed(await columnsModule()));
  });
});
