/** The whole SDK in a browser. */
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { useOrigin } from "./origin.ts";

declare const stage: typeof import("./page/one-device.ts");

const origin = useOrigin("one-device.ts");

it("makes a device on a vault in IndexedDB and finds it again, and sends nothing", async () => {
  const name = randomUUID();
  const tab = await origin().newTab();
  const requests: string[] = [];
  tab.on("request", (request) => requests.push(request.url()));
  await tab.evaluate((vault) => stage.openVault(vault), name);
  const address = await tab.evaluate(() => stage.createDevice());
  expect(address).toMatch(/^[A-Za-z0-9_-]{43}$/);
  await tab.evaluate(() => stage.checkpoint());
  expect(requests).toEqual([]);

  await tab.reload();
  await tab.evaluate((vault) => stage.openVault(vault), name);
  expect(await tab.evaluate(() => stage.openDevice())).toBe(address);
  expect(requests).toEqual([`${origin().url}/`, `${origin().url}/stage.js`]);
});
