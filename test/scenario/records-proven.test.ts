import { createPublicKey, type JsonWebKey } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createVerifier } from "fast-jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventsAnswer, LedgerHeadsAnswer, ReceiptAnswer } from "../../src/protocol/answers.ts";
import { eventHash } from "../../src/protocol/ledger/event.ts";
import { restante } from "../cli/run-restante.ts";
import { RawDevice } from "./raw-device.ts";
import { useRelay } from "./relay.ts";
import { runNode } from "./run-node.ts";

const EXPORT = fileURLToPath(new URL("../../src/local/export-ledger.ts", import.meta.url));
const relay = useRelay();
const at = (path: string) => fetch(relay().origin + path);
const json = async <Answer>(answer: Response | Promise<Response>) => (await (await answer).json()) as Answer;

/** By fast-jwt, which the project does not use itself, under the key of the published set that the receipt names. */
async function verifier(): Promise<(receipt: string) => Record<string, unknown>> {
  const { keys } = await json<{ keys: (JsonWebKey & { kid: string })[] }>(at("/.well-known/jwks.json"));
  const verifiers = new Map(
    keys.map(({ kid, ...jwk }) => {
      const key = createPublicKey({ key: jwk, format: "jwk" }).export({ type: "spki", format: "pem" });
      return [kid, createVerifier({ key, algorithms: ["EdDSA"] })] as const;
    }),
  );
  return (receipt) => {
    const header = JSON.parse(Buffer.from(receipt.split(".")[0] ?? "", "base64url").toString());
    const verify = verifiers.get(header.kid);
    if (verify === undefined) throw new Error("no such key");
    return verify(receipt);
  };
}

function passes(verify: () => unknown): boolean {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
}

/** As an operator does it, from the database behind the relay. */
async function exported(): Promise<string[]> {
  const ran = await runNode(EXPORT, ["--local", "--persist-to", relay().state]);
  if (ran.code !== 0) throw new Error(ran.stderr);
  return ran.stdout.trimEnd().split("\n");
}

describe("a receipt, before another library", () => {
  it("verifies against the published keys, and with any bit changed does not", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const verify = await verifier();
    const { receipt } = await json<ReceiptAnswer>(at(`/v1/receipts/${device.consentId}`));
    expect(verify(receipt)).toMatchObject({ record_id: device.consentId, pii_principal_id: device.address });
    const { receipt: erasure } = await json<ReceiptAnswer>(device.signed("DELETE", "/v1/consents/current"));
    expect(verify(erasure)).toMatchObject({ consentId: device.consentId });

    let changes = 0;
    for (const [part, text] of receipt.split(".").entries()) {
      const octets = Buffer.from(text, "base64url");
      for (let bit = 0; bit < octets.length * 8; bit++) {
        // Of the claims one bit of each octet, another each time: all of them would take as long as the rest of this file.
        if (part === 1 && (bit & 7) !== ((bit >> 3) & 7)) continue;
        const changed = Buffer.from(octets);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const parts = receipt.split(".").with(part, changed.toString("base64url"));
        if (passes(() => verify(parts.join(".")))) throw new Error(`part ${part}, bit ${bit} is not covered`);
        // The relay's connections are looked after meanwhile.
        if (++changes % 100 === 0) await setImmediate();
      }
    }
    expect(changes).toBeGreaterThan(2000);
  });
});

describe("the history of a consent", () => {
  it("is its owner's to take along, hashes and all, and reaches up to what the receipt names", async () => {
    const device = await RawDevice.consenting(relay().origin, "number", "discovery");
    await device.consent("messaging", "number", "discovery");
    await device.consent("messaging", "number");
    const { events } = await json<EventsAnswer>(device.signed("GET", "/v1/consents/events"));
    expect(events.map(({ kind }) => kind)).toEqual(["granted", "renewed", "narrowed"]);
    for (const [i, event] of events.entries()) {
      expect(event.hash).toBe(eventHash(event));
      expect(event.previousHash).toBe(events[i - 1]?.hash ?? null);
    }
    const { receipt } = await json<ReceiptAnswer>(at(`/v1/receipts/${device.consentId}`));
    expect((await verifier())(receipt).ledger_head).toBe(events.at(-1)?.hash);
    expect(JSON.stringify(events)).not.toContain(device.address);

    const page = await json<EventsAnswer>(device.signed("GET", "/v1/consents/events?from=2"));
    expect(page).toEqual({ events: events.slice(2), more: false });

    // After the end nothing leads from the device to it; the random id still does.
    await device.signed("DELETE", "/v1/consents/current");
    expect((await device.signed("GET", "/v1/consents/events")).status).toBe(404);
    const after = await json<EventsAnswer>(at(`/v1/receipts/${device.consentId}/events`));
    expect(after.events.map(({ kind }) => kind)).toEqual(["granted", "renewed", "narrowed", "withdrawn"]);
    expect(after.events.slice(0, 3)).toEqual(events);
    const unknown = await at(`/v1/receipts/${"A".repeat(22)}/events`);
    expect([unknown.status, (await json<{ code: string }>(unknown)).code]).toEqual([404, "no-receipt"]);
    for (const bad of ["x", "-1", "1.5"])
      expect((await at(`/v1/receipts/${device.consentId}/events?from=${bad}`)).status).toBe(400);
  });
});

describe("restante audit", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "restante-audit-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const audit = async (lines: readonly string[], ...args: string[]) => {
    const file = join(folder, "ledger.jsonl");
    await writeFile(file, `${lines.join("\n")}\n`);
    const ran = await restante(["--home", folder, "--json", "audit", file, ...args]);
    return { ...ran, result: ran.stdout === "" ? undefined : JSON.parse(ran.stdout) };
  };

  it("passes what the relay stores, and finds what was cut away from it", async () => {
    await RawDevice.consenting(relay().origin);
    await relay().runDaily();
    const { heads } = await json<LedgerHeadsAnswer>(at("/v1/ledger/heads"));
    expect(heads).toHaveLength(1);
    const lines = await exported();
    const whole = await audit(lines, "--relay", relay().origin);
    expect(whole.result).toMatchObject({ whole: true, events: lines.length, uncovered: 0 });

    const kept = { heads: join(folder, "heads"), keys: join(folder, "keys.json") };
    await writeFile(kept.heads, heads.join("\n"));
    await writeFile(kept.keys, await (await at("/.well-known/jwks.json")).text());
    const files = ["--heads", kept.heads, "--keys", kept.keys];
    const cut = await audit(lines.slice(0, -1), ...files);
    expect(cut).toMatchObject({ code: 1, result: { whole: false, findings: [{ kind: "cut-off" }] } });
    await writeFile(kept.heads, heads.join("\n").replace(/.{4}$/, "AAAA"));
    const forged = await audit(lines, ...files);
    expect([forged.code, JSON.parse(forged.stderr).error]).toEqual([1, "relay-protocol"]);

    await writeFile(kept.heads, heads.join("\n"));
    const file = join(folder, "ledger.jsonl");
    // One octet: what the export's last but one line feed was.
    await writeFile(file, `${lines.slice(0, -1).join("\n")}\r${lines.at(-1)}\n`);
    const returned = await restante(["--home", folder, "--json", "audit", file, ...files]);
    expect([returned.code, JSON.parse(returned.stdout).whole]).toEqual([1, false]);

    // By heads that a relay never signed nothing is whole, for want of proof.
    const mute = createServer((request, response) => {
      const answer = request.url === "/.well-known/jwks.json" ? { keys: [] } : { heads: [], more: false };
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as AddressInfo;
    const unsigned = await audit(lines, "--relay", `http://127.0.0.1:${port}`);
    mute.close();
    expect(unsigned).toMatchObject({
      ...{ code: 1, result: { whole: false, findings: [{ kind: "stale", at: "heads" }] } },
    });
  }, 90_000);
});

describe("a signing key", () => {
  it("is rotated by a deploy, and what it signed verifies under the others, also when it is dropped", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const receiptOf = async ({ consentId }: RawDevice) =>
      (await json<ReceiptAnswer>(at(`/v1/receipts/${consentId}`))).receipt;
    const old = await receiptOf(device);
    const retired = (
      await json<{ keys: { kid: string; x: string }[] }>(at("/.well-known/jwks.json"))
    ).keys.map(({ kid, x }) => `${kid}:${x}`);

    await relay().deploy(undefined, undefined, { SECRET_VERSIONS: "receipts=2,1" });
    const renewed = await receiptOf(await RawDevice.consenting(relay().origin));
    const kidOf = (receipt: string) =>
      JSON.parse(Buffer.from(receipt.split(".")[0] ?? "", "base64url").toString()).kid;
    expect([kidOf(old), kidOf(renewed)]).toEqual(["1-receipts", "1-receipts-2"]);
    const both = await verifier();
    expect(both(old)).toMatchObject({ record_id: device.consentId });
    expect(passes(() => both(renewed))).toBe(true);

    const dropped = { SECRET_VERSIONS: "receipts=2", RETIRED_RECEIPT_KEYS: retired.join(" ") };
    await relay().deploy(undefined, undefined, dropped);
    const listed = await verifier();
    expect([passes(() => listed(old)), passes(() => listed(renewed))]).toEqual([true, true]);
    // The head of this day is of the old key as well.
    const { heads } = await json<LedgerHeadsAnswer>(at("/v1/ledger/heads"));
    expect(heads.map((head) => [kidOf(head), passes(() => listed(head))])).toEqual([["1-receipts", true]]);
  }, 60_000);
});
