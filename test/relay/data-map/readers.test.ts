import { createScheduledController, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { bytesToHex } from "@noble/hashes/utils.js";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type {
  DirectoryAnswer,
  EventsAnswer,
  LedgerHeadsAnswer,
  ReceiptAnswer,
} from "../../../src/protocol/answers.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { ROW_SIZE } from "../../../src/protocol/directory/bucket.ts";
import { formatPrefix } from "../../../src/protocol/directory/prefix.ts";
import { ROUTE_ID_SIZE } from "../../../src/protocol/directory/route-keys.ts";
import {
  DAY,
  MAX_VERIFICATIONS_PER_NUMBER,
  NUMBER_PROOF_LIFE,
  TAKEOVER_WAIT,
} from "../../../src/protocol/limits.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { widthFor } from "../../../src/relay/directory/width.ts";
import worker from "../../../src/relay/index.ts";
import { objectName } from "../../../src/relay/verification/code.ts";
import type { OneTimeCodeCalls } from "../../../src/relay/verification/one-time-code.ts";
import type { Verification } from "../../../src/relay/verification/verification.ts";
import { contested, pass } from "../directory/contest.ts";
import { anyNumber, bucket, Listed, seeker } from "../directory/stage.ts";
import { agreed } from "../edge/introducing.ts";
import { refusal } from "../edge/signing-device.ts";
import { freshNumber, NumberDevice, readNumber, watchTerminal } from "../verification/number-device.ts";
import { asked, claimsOf, expectReaders, expectStored, mailbox, records, type Told } from "./told.ts";

const rowsOf = (octets: Uint8Array) =>
  Array.from({ length: octets.length / ROW_SIZE }, (_, i) => octets.slice(i * ROW_SIZE, (i + 1) * ROW_SIZE));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(() => {
  vi.useRealTimers();
});

interface ConsentReceipt {
  readonly record_id: string;
  readonly pii_principal_id: string;
  readonly pii_controller: string;
  readonly privacy_notice: { readonly version: number; readonly hash: string };
  readonly jurisdiction: string;
  readonly collection_method: string;
  readonly consent_timestamp: number;
  readonly statement: string;
  readonly signature: string;
  readonly purposes: readonly { readonly purpose: string }[];
}
interface ErasureReceipt {
  readonly consentId: string;
  readonly ended: string;
  readonly erasedAt: number;
  readonly erased: Readonly<Record<string, number>>;
  readonly kept: readonly { readonly rows: string; readonly until: number }[];
}

it("whoever knows a consent's id reads what the map says: the whole consent, its events, and how it ended", async () => {
  await agreed();
  const device = await agreed("discovery");
  const { consentId } = await (await device.read(ROUTES.currentConsent)).json<{ consentId: string }>();
  const path = { consentId };

  const { receipt } = await asked<ReceiptAnswer>(pathOf(ROUTES.receipt, path));
  const { events } = await asked<EventsAnswer>(pathOf(ROUTES.consentEvents, path));
  const said = claimsOf<ConsentReceipt>(receipt);
  const consent = {
    address: said.pii_principal_id,
    consent_id: said.record_id,
    controller: said.pii_controller,
    notice_version: said.privacy_notice.version,
    notice_hash: said.privacy_notice.hash,
    jurisdiction: said.jurisdiction,
    method: said.collection_method,
    statement: said.statement,
    signature: said.signature,
    statement_hash: events[0]?.statementHash,
    granted_at: said.consent_timestamp,
    receipt,
  };
  const purposes = said.purposes.map(({ purpose }) => ({
    consent_id: said.record_id,
    purpose,
    granted_at: said.consent_timestamp,
  }));
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const told = events.map((event) =>
    Object.fromEntries(Object.entries(event).map(([name, value]) => [snake(name), value])),
  );
  const stored = await records("consent", "consent_purpose", "consent_event");
  const own = Object.fromEntries(
    Object.entries(stored).map(([table, rows]) => [
      table,
      rows.filter((row) => row.consent_id === consentId),
    ]),
  );
  // Whether its mailbox has to be asked for is the relay's own business, and told to its owner only.
  expect(own.consent).toEqual([{ ...consent, ask_mailbox_after: null }]);
  expect(own.consent_purpose).toEqual(expect.arrayContaining(purposes));
  expectStored(own, { consent_event: told });

  // The mailbox's row as it is while D1 cannot be told of the end, and what the receipt then says of it.
  await env.RECORDS.exec("ALTER TABLE consent_receipt RENAME TO away");
  expect(await refusal(device.withdraw())).toEqual([409, "withdrawal-in-progress"]);
  const going = await mailbox(device.address, "mailbox");
  await env.RECORDS.exec("ALTER TABLE away RENAME TO consent_receipt");
  expect((await device.withdraw()).status).toBe(200);
  const last = await asked<ReceiptAnswer>(pathOf(ROUTES.receipt, path));
  const end = claimsOf<ErasureReceipt>(last.receipt);
  const { messages, bytes, revocableDeposits, oneTimeKeys, permits } = end.erased;
  const ended = {
    consent_id: end.consentId,
    withdrawn_at: end.erasedAt,
    ...{ erased_messages: messages, erased_bytes: bytes, erased_revocable_deposits: revocableDeposits },
    ...{ erased_one_time_keys: oneTimeKeys, erased_permits: permits },
    lapsed: Number(end.ended === "lapsed"),
  };
  expectStored(going, { mailbox: [ended] });
  const copy = {
    consent_id: end.consentId,
    receipt: last.receipt,
    purge_after: end.kept.find(({ rows }) => rows.startsWith("a copy of this receipt"))?.until,
  };
  expectStored(await records("consent_receipt"), { consent_receipt: [copy] });
  expectReaders(/knows the consent's id/, {
    ...{ consent: [consent], consent_purpose: purposes, consent_event: told },
    ...{ consent_receipt: [copy], mailbox: [ended] },
  });
});

describe("the directory", () => {
  it("gives anyone the octets of routes, and of claims in effect, and how many there are, roughly", async () => {
    const { number, old, young } = await contested();
    const other = await Listed.under(anyNumber());
    await young.put(number);
    await worker.scheduled(createScheduledController({ scheduledTime: new Date() }), env);
    pass(TAKEOVER_WAIT);
    const [key] = (await asked<DirectoryAnswer>(ROUTES.directory)).keys;
    const version = key?.version ?? 0;
    const stored = await records("route", "route_claim", "directory_size", "ledger_head");
    const rows = rowsOf(await bucket(formatPrefix({ width: 0, bits: "" }), { version })).map((row) => ({
      key_version: version,
      route_id: bytesToHex(row.slice(0, ROUTE_ID_SIZE)),
      entry: encodeBase64url(row.slice(ROUTE_ID_SIZE)),
    }));
    const published = (table: string, { consentId }: Listed) => {
      const own = (stored[table] ?? []).filter((row) => row.consent_id === consentId);
      const told = rows.filter(({ entry }) => own.some((row) => row.entry === entry));
      expectStored({ [table]: own }, { [table]: told });
      return told;
    };
    const [route, claim] = [published("route", other), published("route_claim", young)];
    expect([route.length, claim.length]).toEqual([1, 1]);
    expect(stored.route?.find((row) => row.consent_id === old.consentId)?.route_id).toBe(claim[0]?.route_id);

    const size = { key_version: version, routes: 2 };
    expectStored(stored, { directory_size: [size] });
    expect(widthFor(size.routes)).toBe(key?.width);
    const heads = (await asked<LedgerHeadsAnswer>(ROUTES.ledgerHeads)).heads.map((jws) => {
      const { day, events, hash } = claimsOf(jws);
      return { day: Date.parse(String(day)) / DAY, events, hash, jws };
    });
    expectStored(stored, { ledger_head: heads });
    expectReaders(/\banyone\b/, { route, route_claim: claim, directory_size: [size], ledger_head: heads });
  });

  it("tells whoever looks a number up the day of its check, and the listed device when a claim begins to count", async () => {
    const { number, old, young } = await contested();
    await young.put(number);
    const stored = await records("route", "route_claim");
    const own = (table: string, { consentId }: Listed) =>
      stored[table]?.find((row) => row.consent_id === consentId) ?? {};
    const found = await (await seeker()).find(number);
    expect(found?.verifiedDay).toBe(Math.floor(Number(own("route", old).verified_at) / DAY));
    const effective = { effective_at: (await old.route()).claim?.effectiveAt };
    expect(own("route_claim", young)).toMatchObject(effective);
    const day = [{ verified_at: found?.verifiedDay }];
    expectReaders(/whoever looks the number up can read the day/, { route: day, route_claim: day });
    expectReaders(/the device that is listed until then/, { route_claim: [effective] });
  });
});

describe("a one-time-code object", () => {
  const terminal = watchTerminal();
  afterAll(() => terminal.restore());

  it("has its device told what the map says, and whoever has to wait when another's ends", async () => {
    const [device, number] = [await NumberDevice.agreeing("messaging", "number"), freshNumber()];
    const id = env.ONE_TIME_CODE.idFromName(await objectName(env, readNumber(number)));
    const stub = env.ONE_TIME_CODE.get(id) as unknown as DurableObjectStub<undefined>;
    const stored = () =>
      runInDurableObject(stub, async (_, { storage }) => {
        const { verifications } = (await storage.get<{ verifications: Verification[] }>("data")) ?? {};
        return { verifications: (verifications ?? []) as unknown as Told[string] };
      });
    const begin = (address: string) =>
      runInDurableObject(stub, (object) =>
        (object as unknown as OneTimeCodeCalls).begin({ id: address, address, now: Date.now() }),
      );
    const wait = async () => Number((await device.start(number)).headers.get("retry-after")) * 1000;

    // What is on its way is waited for: by the device itself, and by another when as many as may be are at it.
    await begin(device.address);
    const [sending] = (await stored()).verifications;
    expect(await wait()).toBe(Number(sending?.sendingUntil) - Date.now());
    pass(Number(sending?.sendingUntil) - Date.now());
    for (let i = 0; i < MAX_VERIFICATIONS_PER_NUMBER; i++) await begin(`device ${i}`);
    expect(await wait()).toBe(60_000);
    pass(60_000);

    const started = await device.started(number);
    expectStored(await stored(), { verifications: [{ ...started }] });
    const { expires } = await device.verified(started.id, number, terminal.code());
    const verifiedAt = expires - NUMBER_PROOF_LIFE;
    expectStored(await stored(), { verifications: [{ ...started, verifiedAt }] });
    expectReaders(/\bthe device that verifies/, {
      verifications: [{ ...started, sendingUntil: sending?.sendingUntil, verifiedAt }],
    });
    expectReaders(/rounded up to a minute, also another/, {
      verifications: [{ sendingUntil: sending?.sendingUntil, expires }],
    });
  });
});
