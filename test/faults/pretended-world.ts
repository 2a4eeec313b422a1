/** A relay in memory that does what it should, and a clock that can be moved. */
import { LyingRelay } from "../lying/relay.ts";
import type { World } from "./told.ts";

export function pretendedWorld(): World {
  const relay = new LyingRelay();
  return {
    origin: relay.origin,
    fetch: relay.platform.fetch,
    now: relay.platform.now,
    pass: (ms) => {
      relay.now += ms;
    },
  };
}
