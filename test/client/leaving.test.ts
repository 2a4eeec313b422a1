import { expect, it } from "vitest";
import { announceList } from "../../src/client/forwarding.ts";
import { forgetOnLeaving } from "../../src/client/leaving.ts";
import { noteTold, toldCounter } from "../../src/client/people/persons.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";

it("after leaving, everybody must be told of the owner's devices again", async () => {
  const vault = new MemoryVault();
  await vault.transaction((draft) => {
    noteTold(draft, "ann", 3);
    announceList(draft, "ann", 3, 0);
    announceList(draft, "bo", 3, 0);
  });
  await vault.transaction(forgetOnLeaving);
  expect(toldCounter(vault, "ann")).toBe(0);
  await vault.transaction((draft) => announceList(draft, "bo", 3, 0));
  expect(vault.list("errand/")).toHaveLength(1);
});
