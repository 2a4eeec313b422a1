import { describe, expect, it } from "vitest";
import { RelayProtocolError } from "../../src/client/relay-problem.ts";
import { callOpen, fetchOctets, PLATFORM, type Platform } from "../../src/client/transport.ts";

const CHUNK = 64 * 1024;

/** A relay that goes on answering for as long as it is listened to, up to a bound that no test should reach. */
function endless() {
  const sent = { octets: 0, isLeft: false };
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent.octets += CHUNK;
        controller.enqueue(new Uint8Array(CHUNK));
        if (sent.octets >= 64 * 1024 * 1024) controller.close();
      },
      cancel: () => {
        sent.isLeft = true;
      },
    });
  const platform: Platform = { ...PLATFORM, fetch: async () => new Response(body()) };
  return { platform, sent };
}

describe("an answer without end", () => {
  it("of octets is left at the octet too many", async () => {
    const { platform, sent } = endless();
    await expect(fetchOctets(platform, "https://relay.test", "/", 3 * CHUNK)).rejects.toThrow(
      RelayProtocolError,
    );
    expect(sent.isLeft).toBe(true);
    expect(sent.octets).toBeLessThanOrEqual(6 * CHUNK);
  });

  it("of JSON is left where no true answer can be longer", async () => {
    const { platform, sent } = endless();
    const call = callOpen(platform, "https://relay.test", { method: "GET", path: "/" });
    await expect(call).rejects.toThrow(RelayProtocolError);
    expect(sent.isLeft).toBe(true);
  });

  it("that is just as long as it may be is taken", async () => {
    const octets = Uint8Array.from({ length: CHUNK }, (_, i) => i % 251);
    const platform: Platform = { ...PLATFORM, fetch: async () => new Response(octets) };
    expect(await fetchOctets(platform, "https://relay.test", "/", CHUNK)).toEqual(octets);
  });
});
