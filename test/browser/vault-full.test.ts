/** A vault on an origin whose storage is full. Apart, because browsers remember for a while how much was free. */
import { expect, it } from "vitest";
import { useOrigin } from "./origin.ts";

declare const stage: typeof import("./page/one-vault.ts");

const origin = useOrigin("one-vault.ts");
const MIB = 1024 * 1024;

it("has neither in memory nor on the medium what could not be written, and goes on when there is room", async () => {
  const tab = await origin().newTab();
  const session = await origin().browser.newCDPSession(tab);
  const setQuota = (quota: { quotaSize?: number }) =>
    session.send("Storage.overrideQuotaForOrigin", { origin: origin().url, ...quota });
  const putSize = (name: string, size: number) =>
    tab.evaluate(([entry, octets]) => stage.putSize(entry, octets), [name, size] as const);
  const checkpoint = () => tab.evaluate(() => stage.checkpoint());
  const sizes = () => tab.evaluate(() => stage.sizes());
  const open = () => tab.evaluate(() => stage.openVault("full"));
  const close = () => tab.evaluate(() => stage.closeVault());

  await setQuota({ quotaSize: 8 * MIB });
  await open();
  expect(await putSize("a", 5 * MIB)).toBeUndefined();
  expect(await putSize("b", 5 * MIB)).toBe("QuotaExceededError");
  expect(await checkpoint()).toBe("QuotaExceededError");
  expect(await sizes()).toEqual({ a: 5 * MIB });
  await close();
  await open();
  expect(await sizes()).toEqual({ a: 5 * MIB });
  expect(await checkpoint()).toBe("QuotaExceededError");

  await setQuota({});
  expect(await putSize("c", 5 * MIB)).toBeUndefined();
  expect(await checkpoint()).toBeUndefined();
  await close();
  await open();
  expect(await sizes()).toEqual({ a: 5 * MIB, c: 5 * MIB });
});
