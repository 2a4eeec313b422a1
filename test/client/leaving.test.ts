import { expect, it } from "vitest";
import { announceList } from "../../src/client/forwarding.ts";
import { forgetOnLeaving } from "../../src/client/leaving.ts";
import { noteWritten } from "../../src/client/people/acquaintance.ts";
import { noteTold, toldCounter } from "../../src/client/people/persons.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { signingDevice } from "./people/signing-device.ts";

const OWN = { address: signingDevice().address, relay: "https://relay.test" };

it("after leaving, everybody must be told of the owner's devices again", async () => {
  const vault = new MemoryVault();
  await vault.transaction((draft) => {
    for (const name of ["ann", "bo"]) noteWritten(draft, name);
    noteTold(draft, "ann", 3);
    announceList(draft, OWN, "ann", 3, 0);
    announceList(draft, OWN, "bo", 3, 0);
  });
  await vault.transaction(forgetOnLeaving);
  expect(toldCounter(vault, "ann")).toBe(0);
  await vault.transaction((draft) => announceList(draft, OWN, "bo", 3, 0));
  expect(vault.list("errand/")).toHaveLength(1);
});
