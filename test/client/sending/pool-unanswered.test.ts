/** A new pool of keys, and no answer to it: no private half stays that can't be needed, and none goes that can. */
import { beforeEach, describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { keyId, type OneTimeKeyJson } from "../../../src/protocol/one-time-key.ts";
import { Cast, type Member } from "../../lying/cast.ts";

describe("a pool that the relay did not answer for", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  let sent: string[][];
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
    sent = [served(cast, bo)];
  });

  /** A day later Bo sends a new pool, and gets no answer that can be read. */
  async function sendUnanswered(arrives: boolean): Promise<void> {
    cast.relay.now += DAY;
    cast.relay.lies.pool = (call, honest) => {
      if (call.address !== bo.address) return honest();
      const { keys } = JSON.parse(new TextDecoder().decode(call.octets)) as { keys: OneTimeKeyJson[] };
      sent.push(keys.map(idOf));
      if (arrives) honest();
      return null;
    };
    await cast.read(bo).catch(() => undefined);
    cast.relay.lies = {};
  }

  const halves = (pool: string[] = []) => pool.filter((id) => bo.vault.get(`key/${id}`) !== undefined).length;

  it("and that never arrived goes whole, as soon as the next is answered for", async () => {
    await sendUnanswered(false);
    await sendUnanswered(false);
    const [first, ...lost] = sent;
    expect([halves(first), ...lost.map(halves)]).toEqual([21, 21, 21]);
    await cast.read(bo);
    // Of the first its last-resort key stays: it may have been served.
    expect([halves(first), ...lost.map(halves)]).toEqual([1, 0, 0]);
    expect(halves(served(cast, bo))).toBe(21);
    expect(bo.vault.list("device/pools-unanswered")).toEqual([]);
  });

  it("and that arrived still opens what was founded on it", async () => {
    await sendUnanswered(true);
    await cast.write(ann, bo, "founded on the new pool");
    const waiting = cast.relay.mailboxes.snapshot();
    cast.relay.lies.pull = () => ({ messages: [], more: false });
    await cast.read(bo);
    const [, arrived] = sent;
    expect(halves(arrived)).toBe(2);
    cast.relay.lies = {};
    cast.relay.mailboxes.restore(waiting);
    expect(await cast.read(bo)).toEqual(["founded on the new pool"]);
    cast.expectTruth();
  });

  it("stays when the relay names no key: it may have been served out", async () => {
    await sendUnanswered(false);
    cast.relay.lies.pool = (_, honest) => {
      honest();
      return { unclaimed: [] };
    };
    await cast.read(bo);
    expect(sent.map(halves)).toEqual([21, 21]);
  });
});

function served(cast: Cast, by: Member): string[] {
  return cast.relay.mailboxes.keys(by.address).map(idOf);
}

function idOf({ publicKey }: OneTimeKeyJson): string {
  return encodeBase64url(keyId(decodeBase64url(publicKey) ?? new Uint8Array()));
}
