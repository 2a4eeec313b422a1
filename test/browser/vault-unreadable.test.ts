/** Vaults in IndexedDB that must not open. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useOrigin } from "./origin.ts";

declare const stage: typeof import("./page/damage.ts");

const origin = useOrigin("damage.ts");
let tab: Page;
beforeAll(async () => {
  tab = await origin().newTab();
});

describe("a vault in IndexedDB", () => {
  it("is refused, and left as it is, whichever octet was changed", async () => {
    expect(await tab.evaluate(() => stage.changeEachOctet())).toBeGreaterThan(300);
  });

  it("is refused when rows are missing, cut, out of place, brought in or something else", async () => {
    await tab.evaluate(() => stage.misplaceRows());
  });

  it("opens with its own secret, however it was typed, and with no other", async () => {
    await tab.evaluate(() => stage.openWithOtherSecrets());
  });

  it("is not taken for one when the database is another program's, or a later version's", async () => {
    await tab.evaluate(() => stage.openOtherDatabases());
  });
});
