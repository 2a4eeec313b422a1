import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchHeads, verifyHeads } from "../../src/client/ledger-heads.ts";
import { RelayProtocolError } from "../../src/client/relay-problem.ts";
import { PLATFORM } from "../../src/client/transport.ts";

const RELAY = "https://relay.test";
const NOW = Date.UTC(2026, 10, 25, 12);
const TYP = "restante-ledger-head+jwt";

let sign: (day: string, changes?: object, typ?: string) => Promise<string>;
let keys: { keys: object[] };

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  keys = { keys: [{ ...(await exportJWK(publicKey)), kid: "1-receipts", alg: "EdDSA" }] };
  sign = (day, changes = {}, typ = TYP) =>
    new SignJWT({ controller: "Test", jurisdiction: "", day, events: 1, hash: "h", ...changes })
      .setProtectedHeader({ alg: "EdDSA", typ, kid: "1-receipts" })
      .sign(privateKey);
});

/** From a relay that answers each question for heads with the next of `pages`, and the last again and again. */
async function fetched(pages: readonly { heads: string[]; more: boolean }[], jurisdiction = "") {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (input) => {
    asked.push(new URL(String(input)).search);
    if (asked.length > 10) throw new Error("asked without end");
    return Response.json(pages[Math.min(asked.length, pages.length) - 1]);
  };
  const platform = { ...PLATFORM, fetch, now: () => NOW };
  return { heads: await fetchHeads(platform, RELAY, keys as never, jurisdiction), asked };
}

describe("the heads that a relay publishes", () => {
  it("are asked for page by page, each from the day after the last", async () => {
    const pages = [
      { heads: [await sign("2026-11-23"), await sign("2026-11-24")], more: true },
      { heads: [await sign("2026-11-25")], more: false },
    ];
    const { heads, asked } = await fetched(pages);
    expect(heads.map(({ day }) => day)).toEqual(["2026-11-23", "2026-11-24", "2026-11-25"]);
    expect(asked).toEqual(["?since=1970-01-01", "?since=2026-11-25"]);
  });

  it("come to an end, whatever it says", async () => {
    const again = { heads: [await sign("2026-11-23")], more: true };
    await expect(fetched([again])).rejects.toThrow("not of the days");
    const ahead = { heads: [await sign("2026-11-27")], more: true };
    await expect(fetched([ahead])).rejects.toThrow("not of the days");
  });

  it("are of the ledger that was asked about, and of their own type", async () => {
    const page = async (...head: Parameters<typeof sign>) => [{ heads: [await sign(...head)], more: false }];
    const theirs = await page("2026-11-25", { jurisdiction: "eu" });
    await expect(fetched(theirs)).rejects.toThrow("another jurisdiction");
    expect((await fetched(theirs, "eu")).heads).toHaveLength(1);
    await expect(fetched(await page("2026-11-25", { jurisdiction: undefined }))).rejects.toThrow("another");
    const receipt = await page("2026-11-25", {}, "restante-erasure+jwt");
    await expect(fetched(receipt)).rejects.toThrow(RelayProtocolError);
  });
});

describe("heads that somebody kept", () => {
  it("are all of one ledger", async () => {
    const eu = { jurisdiction: "eu" };
    const kept = [await sign("2026-11-23", eu), await sign("2026-11-24", eu)];
    expect(await verifyHeads(kept, keys as never)).toHaveLength(2);
    await expect(verifyHeads([...kept, await sign("2026-11-25")], keys as never)).rejects.toThrow("another");
  });
});
