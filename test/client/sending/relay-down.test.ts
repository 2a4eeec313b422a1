/** A device that stays connected, and then can't reach its relay, with something left to tell. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { assemble } from "../../../src/client/assembling.ts";
import { addErrand } from "../../../src/client/errands.ts";
import { readIdentity } from "../../../src/client/identity.ts";
import { createSession } from "../../../src/client/session.ts";
import { PLATFORM } from "../../../src/client/transport.ts";
import { Cast } from "../../lying/cast.ts";

describe("errands that are due while the own relay is down", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("knock at it ever more seldom, and leave within a minute of its return", async () => {
    const cast = new Cast();
    const [ann, bo] = await cast.acquainted(2);
    if (ann === undefined || bo === undefined) throw new Error("nobody");
    let down = true;
    let knocks = 0;
    const started = Date.now();
    const session = createSession(readIdentity(ann.vault), ann.vault, {
      ...PLATFORM,
      now: () => cast.relay.now + Date.now() - started,
      fetch: (input, init) => {
        if (down) knocks++;
        return down ? Promise.reject(new TypeError("no network")) : cast.relay.platform.fetch(input, init);
      },
    });
    cast.relay.now += 2 * 60_000;
    await ann.vault.transaction((draft) => addErrand(draft, bo.address, { kind: "bare" }, cast.relay.now));
    const ended = new AbortController();
    const running = assemble(session).housekeeping.run(ended.signal);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(knocks).toBeGreaterThan(5);
    expect(knocks).toBeLessThan(80);
    down = false;
    await vi.advanceTimersByTimeAsync(62_000);
    // The platform's cryptography takes its own time, which no fake timer moves.
    await vi.waitFor(() => expect(cast.relay.mailboxes.held(bo.address)).toHaveLength(1));
    expect(ann.vault.list("errand/")).toEqual([]);
    ended.abort();
    await running;
  });
});
