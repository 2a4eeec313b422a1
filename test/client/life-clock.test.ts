import { describe, expect, it } from "vitest";
import { LifeClock } from "../../src/client/life-clock.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";

const NOON = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;

describe("the clock by which keys end", () => {
  it("is the platform's, as long as that one goes forward", () => {
    let platform = NOON;
    const clock = new LifeClock(new MemoryVault(), () => platform);
    expect(clock.now()).toBe(NOON);
    platform += HOUR;
    expect(clock.now()).toBe(NOON + HOUR);
  });

  it("stands still while the platform's is set back, and goes on from there", () => {
    let platform = NOON;
    const clock = new LifeClock(new MemoryVault(), () => platform);
    platform -= 100 * HOUR;
    expect(clock.now()).toBe(NOON);
    platform += HOUR;
    expect(clock.now()).toBe(NOON + HOUR);
  });

  it("is not set back by closing the vault first", async () => {
    let platform = NOON;
    const vault = new MemoryVault();
    const first = new LifeClock(vault, () => platform);
    platform += HOUR;
    await vault.transaction((draft) => first.keep(draft));
    platform -= 100 * HOUR;
    const second = new LifeClock(vault, () => platform);
    expect(second.now()).toBe(NOON + HOUR);
    platform += HOUR;
    expect(second.now()).toBe(NOON + 2 * HOUR);
  });
});
