/** A vault in IndexedDB keeps the promises that the vaults in Node keep: the same cases, run in a page. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { LASTING_CASES } from "../client/vault/lasting-cases.ts";
import { TRANSACTION_CASES } from "../client/vault/transaction-cases.ts";
import { useOrigin } from "./origin.ts";

declare const stage: typeof import("./page/conformance.ts");

const origin = useOrigin("conformance.ts");
let tab: Page;
beforeAll(async () => {
  tab = await origin().newTab();
});

const names = [...TRANSACTION_CASES, ...LASTING_CASES].map(({ name }) => name);

describe.each(["key", "passphrase", "browser"] as const)("a vault in IndexedDB, of secret %s", (secret) => {
  it.each(names)("%s", async (name) => {
    await tab.evaluate(([kind, each]) => stage.runCase(kind, each), [secret, name] as const);
  });
});

it("runs in a page that has Web Locks, as the cases of two openers need", async () => {
  expect(await tab.evaluate(() => [isSecureContext, "locks" in navigator])).toEqual([true, true]);
});
