import { afterEach, describe, expect, it } from "vitest";
import { follow, withSmallLimits } from "./following.ts";
import { BROKEN, MUTANTS } from "./mutants.ts";

withSmallLimits();
afterEach(() => {
  Reflect.deleteProperty(globalThis, BROKEN);
});

describe("a mailbox that", () => {
  it.each(MUTANTS)("$name is found out", async ({ name, schedule }) => {
    await follow(schedule);
    Reflect.set(globalThis, BROKEN, name);
    await expect(follow(schedule)).rejects.toThrow();
  });
});
