import { describe, expect, it } from "vitest";
import { MAX_ENVELOPE_SIZE } from "../../src/protocol/envelope.ts";
import * as limits from "../../src/protocol/limits.ts";

describe("the limits", () => {
  it("leave room for one another", () => {
    expect(limits.MAX_HELD_BYTES / MAX_ENVELOPE_SIZE).toBeGreaterThanOrEqual(64);
    expect(limits.WINDOW_BYTES).toBeGreaterThanOrEqual(MAX_ENVELOPE_SIZE);
    expect(limits.MAX_PULL_BYTES).toBeGreaterThanOrEqual(MAX_ENVELOPE_SIZE);
    expect(limits.MAX_ACKNOWLEDGED_IDS).toBeGreaterThanOrEqual(
      limits.WINDOW_MESSAGES + limits.MAX_PULL_MESSAGES,
    );
    // A founding that is held to the very end must still open.
    expect(limits.KEY_KEPT - limits.KEY_SERVED).toBeGreaterThanOrEqual(limits.MAX_TTL_SECONDS * 1000);
    // A full pool: each key 1,216 octets and a signature of 64 in base64url, and the JSON around them.
    expect(limits.MAX_JSON_BYTES).toBeGreaterThan(limits.MAX_ONE_TIME_KEYS * (1622 + 86 + 100));
  });
});
