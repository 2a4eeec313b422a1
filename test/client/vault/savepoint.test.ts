import { utf8ToBytes } from "@noble/hashes/utils.js";
import { beforeEach, expect, it } from "vitest";
import { inSavepoint } from "../../../src/client/vault/draft.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";

const [ONE, TWO] = [utf8ToBytes("one"), utf8ToBytes("two")];
let vault = new MemoryVault();
beforeEach(async () => {
  vault = new MemoryVault();
  await vault.transaction((draft) => {
    draft.put("a/kept", ONE);
    draft.put("a/gone", ONE);
  });
});

it("a step that ends well is the transaction's: it saw what went before, and what goes after sees it", async () => {
  await vault.transaction(async (draft) => {
    draft.put("a/before", ONE);
    const listed = await inSavepoint(draft, async (inner) => {
      inner.put("a/step", TWO);
      inner.put("a/before", TWO);
      inner.delete("a/gone");
      return inner.list("a/").map(([name]) => name);
    });
    expect(listed).toEqual(["a/before", "a/kept", "a/step"]);
    expect(draft.get("a/gone")).toBeUndefined();
  });
  expect(vault.list("")).toEqual([
    ["a/before", TWO],
    ["a/kept", ONE],
    ["a/step", TWO],
  ]);
});

it("a step that throws leaves nothing, and the transaction goes on", async () => {
  await vault.transaction(async (draft) => {
    draft.put("a/before", ONE);
    const step = inSavepoint(draft, async (inner) => {
      inner.put("a/step", TWO);
      inner.put("a/before", TWO);
      inner.delete("a/gone");
      throw new TypeError("a fault");
    });
    await expect(step).rejects.toThrow("a fault");
    draft.put("a/after", ONE);
  });
  expect(vault.list("").map(([name]) => name)).toEqual(["a/after", "a/before", "a/gone", "a/kept"]);
  expect(vault.get("a/before")).toEqual(ONE);
});

it("a step's draft can't be used after it", async () => {
  await vault.transaction(async (draft) => {
    const inner = await inSavepoint(draft, (of) => of);
    expect(() => inner.put("a/late", ONE)).toThrow("has ended");
  });
});
