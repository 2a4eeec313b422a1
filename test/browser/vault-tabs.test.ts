/** One vault and several tabs: one writer at any time, and nothing lost with a tab that is gone. */
import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { Origin, useOrigin } from "./origin.ts";

declare const stage: typeof import("./page/one-vault.ts");

const origin = useOrigin("one-vault.ts");

afterEach(async () => {
  for (const tab of origin().browser.pages()) await tab.close();
});

const open = (tab: Page, name: string) => tab.evaluate((vault) => stage.openVault(vault), name);
const openWhenFree = (tab: Page, name: string) => tab.evaluate((vault) => stage.openWhenFree(vault), name);
const put = (tab: Page, name: string, value: string) =>
  tab.evaluate(([entry, text]) => stage.put(entry, text), [name, value] as const);
const checkpoint = (tab: Page) => tab.evaluate(() => stage.checkpoint());
const entries = (tab: Page) => tab.evaluate(() => stage.entries());
const close = (tab: Page) => tab.evaluate(() => stage.closeVault());

describe("a vault that two tabs want", () => {
  it("is the first one's until it closes the vault", async () => {
    const name = randomUUID();
    const [first, second] = [await origin().newTab(), await origin().newTab()];
    expect(await open(first, name)).toBeUndefined();
    expect(await open(second, name)).toBe("VaultInUseError");
    await put(first, "a", "1");
    await close(first);
    expect(await open(second, name)).toBeUndefined();
    expect(await entries(second)).toEqual(["a=1"]);
  });

  it("is the second one's when the first is closed with the vault open", async () => {
    const name = randomUUID();
    const [first, second] = [await origin().newTab(), await origin().newTab()];
    await open(first, name);
    await put(first, "a", "1");
    expect(await open(second, name)).toBe("VaultInUseError");
    await first.close();
    await openWhenFree(second, name);
    expect(await entries(second)).toEqual(["a=1"]);
  });

  it("is the second one's when the first crashes", async () => {
    const name = randomUUID();
    const first = await origin().newTab();
    await open(first, name);
    await put(first, "a", "1");
    const second = await origin().newTab();
    expect(await open(second, name)).toBe("VaultInUseError");
    await crash(first);
    await openWhenFree(second, name);
    expect(await entries(second)).toEqual(["a=1"]);
  });

  it("is had again at once by a tab that was loaded anew", async () => {
    const name = randomUUID();
    const tab = await origin().newTab();
    for (let n = 0; n < 10; n++) {
      expect(await open(tab, name)).toBeUndefined();
      await put(tab, `${n}`, "");
      await tab.reload();
    }
    await open(tab, name);
    expect(await entries(tab)).toHaveLength(10);
  });
});

describe("two tabs that no lock keeps apart", () => {
  const withoutLocks = async () => {
    const tab = await origin().newTab();
    await tab.evaluate(() => Object.defineProperty(navigator, "locks", { value: undefined }));
    return tab;
  };

  it("do not write over each other: the one that opened last goes on", async () => {
    const name = randomUUID();
    const [first, second] = [await withoutLocks(), await withoutLocks()];
    await open(first, name);
    await put(first, "a", "1");
    expect(await open(second, name)).toBeUndefined();
    expect(await put(first, "b", "from the first")).toBe("VaultInUseError");
    expect(await checkpoint(first)).toBe("VaultInUseError");
    expect(await entries(first)).toEqual(["a=1"]);
    expect(await put(second, "b", "from the second")).toBeUndefined();
    expect(await checkpoint(second)).toBeUndefined();
    expect(await put(first, "c", "from the first")).toBe("VaultInUseError");
    await close(first);
    await close(second);

    expect(await open(first, name)).toBeUndefined();
    expect(await entries(first)).toEqual(["a=1", "b=from the second"]);
  });

  it("have at least one that goes on when both open and write at the same moment", async () => {
    const name = randomUUID();
    const tabs = [await withoutLocks(), await withoutLocks()];
    const confirmed: string[] = [];
    for (let round = 0; round < 20; round++) {
      const attempt = async (tab: Page, i: number) => {
        const failed = (await open(tab, name)) ?? (await put(tab, `${round}/${i}`, ""));
        if (failed === undefined) confirmed.push(`${round}/${i}=`);
        else expect(failed).toBe("VaultInUseError");
      };
      const before = confirmed.length;
      await Promise.all(tabs.map(attempt));
      // Both, if one was done before the other began.
      expect(confirmed.length).toBeGreaterThan(before);
    }
    const tab = await origin().newTab();
    await open(tab, name);
    expect((await entries(tab)).sort()).toEqual(confirmed.sort());
  });

  it("are told so even when a lock was stolen", async () => {
    const name = randomUUID();
    const [first, second] = [await origin().newTab(), await origin().newTab()];
    await open(first, name);
    await second.evaluate((vault) => {
      void navigator.locks.request(`restante vault ${vault}`, { steal: true }, () => undefined);
    }, name);
    await openWhenFree(second, name);
    expect(await put(first, "a", "1")).toBe("VaultInUseError");
    expect(await put(second, "b", "2")).toBeUndefined();
    await close(first);
  });
});

describe("a vault after its tab was killed in the middle of writing", () => {
  it.each([
    ["a tab that was closed without warning", (tab: Page) => tab.close()],
    ["a tab that crashed", crash],
  ])("has all that was confirmed, and nothing by halves: %s", async (_, kill) => {
    for (const confirmations of [1, 7, 20]) {
      const { tab, name, confirmed } = await writing(origin(), confirmations);
      await kill(tab);
      await expectWhole(await origin().newTab(), name, confirmed());
    }
  });

  it("has all that was confirmed, and nothing by halves: a browser that was killed", async () => {
    for (const confirmations of [1, 7, 20]) {
      // A profile for each. Chromium mends the end of its log that a kill tore, but goes on writing behind the
      // tear, and may call the whole corrupt, and empty it, at an opening after the next.
      const other = await Origin.start("one-vault.ts");
      try {
        const { name, confirmed } = await writing(other, confirmations);
        await other.killBrowser();
        await other.startBrowser();
        await expectWhole(await other.newTab(), name, confirmed());
      } finally {
        await other.stop();
      }
    }
  });
});

/** A tab that writes without end, and has had so many transactions confirmed. */
async function writing(
  where: Origin,
  confirmations: number,
): Promise<{ tab: Page; name: string; confirmed: () => number }> {
  const name = randomUUID();
  const tab = await where.newTab();
  let confirmed = 0;
  let reached = () => {};
  const enough = new Promise<void>((resolve) => {
    reached = resolve;
  });
  await tab.exposeFunction("tell", (n: number) => {
    confirmed = n;
    if (n >= confirmations) reached();
  });
  await open(tab, name);
  // Never ends by itself: its tab takes it along.
  tab.evaluate(() => stage.countUp((n) => void globalThis.tell(n))).catch(() => undefined);
  await enough;
  return { tab, name, confirmed: () => confirmed };
}

async function expectWhole(tab: Page, name: string, confirmed: number): Promise<void> {
  await openWhenFree(tab, name);
  const found = new Map((await entries(tab)).map((entry) => entry.split("=") as [string, string]));
  const count = found.get("count");
  expect(Number(count)).toBeGreaterThanOrEqual(confirmed);
  expect([...found.keys()]).toEqual(["count", `old/${count}`, "twin"]);
  expect(found.get("twin")).toBe(count);
}

declare global {
  var tell: (confirmed: number) => Promise<void>;
}

/** Ends the tab's process. */
async function crash(tab: Page): Promise<void> {
  const crashed = new Promise((resolve) => tab.once("crash", resolve));
  const session = await origin().browser.newCDPSession(tab);
  // Nobody is left to answer.
  session.send("Page.crash").catch(() => undefined);
  await crashed;
}
