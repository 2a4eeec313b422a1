import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tellAcknowledged } from "./acknowledged-story.ts";
import { tellCopied } from "./copied-story.ts";
import { loadSdk } from "./player.ts";
import { pretendedWorld } from "./pretended-world.ts";
import { robberiesIn } from "./robbery.ts";
import { markIn, Thief } from "./thief.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

describe("acknowledged texts", () => {
  it("stay closed to who has every envelope and the vault, whatever was lost, late or crashed", async () => {
    const told = await tellAcknowledged(await loadSdk(PROJECT), pretendedWorld());
    // One app stopped before it had finished: its text came again.
    expect(told.handed.filter((name, i) => told.handed.indexOf(name) !== i)).toEqual(["unfinished 1"]);
    const closed = new Set(told.copies.flatMap((copy) => copy.closed));
    const parts = ["whole 0", "whole 1", "whole 2", "in parts 0", "in parts 1", "in parts 2"];
    const ended = [...told.handed.filter((name) => name !== "whole"), ...parts, "lost", "not yet"];
    expect(new Set(ended)).toEqual(closed);

    const thief = new Thief(told.known);
    // Ann's, Cat's, Dan's, Bo's own, and Ann's after three weeks: all are tried as such.
    expect(thief.foundings).toBe(5);
    const early = (await thief.rob(told.early.values)).map(({ text }) => text);
    expect(early).toEqual(expect.arrayContaining([...told.early.open]));

    expect(await robberiesIn(told, thief)).toEqual([]);
    // What the app is done with can't be read either; of one text in parts a part is missing.
    const readable = (label: string) => {
      const values = told.copies.find((copy) => copy.label === label)?.values ?? [];
      return new Set(values.flatMap((value) => markIn(value) ?? []));
    };
    expect(readable("while the app has not finished")).toContain("unfinished 1");
    expect(readable("afterwards")).toEqual(new Set(["in parts"]));
    expect(readable("after the restoration")).toEqual(new Set());
  }, 120_000);
});

describe("a vault that was copied once", () => {
  it("opens nothing that follows an exchange and the next day's connection", async () => {
    const told = await tellCopied(await loadSdk(PROJECT), pretendedWorld());
    const thief = new Thief(told.known);
    const opened = async (values: Iterable<Uint8Array> = []) =>
      new Set((await thief.rob(values)).map(({ text }) => text));
    expect(await opened(told.early.values)).toEqual(new Set(told.early.open));
    expect(await robberiesIn(told, thief)).toEqual([]);
    const worst = await opened(told.copies.at(-1)?.values);
    // What Bo himself sends is another matter: the copy has the chain keys that he goes on sealing with.
    expect([...worst].filter((text) => !text.startsWith("to "))).toEqual(told.stillOpen);
  }, 120_000);
});
