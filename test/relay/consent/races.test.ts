import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parseAddress } from "../../../src/protocol/address.ts";
import { type Grant, grantConsent } from "../../../src/relay/consent/grant.ts";
import { endConsent, keptReceipt } from "../../../src/relay/consent/ledger.ts";
import { consentOf } from "../../../src/relay/consent/records.ts";
import { readStatement } from "../../../src/relay/consent/signed-statement.ts";
import { withdrawByStatement, withdrawConsent } from "../../../src/relay/consent/withdrawal.ts";
import type { MailboxCalls } from "../../../src/relay/mailbox/calls.ts";
import { mailboxOf } from "../../../src/relay/mailbox/stub.ts";
import { handIn, refusal, SigningDevice } from "../edge/signing-device.ts";
import { type Stub, tables } from "../mailbox/stage.ts";

type Step = keyof MailboxCalls;

/** The device's real mailbox; `before` and `after` run around a call, and may throw, as a crash of the Worker would. */
function mailboxWith(
  device: SigningDevice,
  before: (call: Step, times: number) => unknown = () => {},
  after: (call: Step, times: number) => unknown = () => {},
) {
  const address = parseAddress(device.address);
  const real = address && mailboxOf(env, address);
  if (real === undefined) throw new Error("no mailbox");
  const times = new Map<Step, number>();
  return new Proxy(real, {
    get: (target, name: Step) => {
      return async (...args: unknown[]) => {
        times.set(name, (times.get(name) ?? 0) + 1);
        const nth = times.get(name) ?? 0;
        await before(name, nth);
        const answer = await Reflect.apply(target[name], target, args);
        await after(name, nth);
        return answer;
      };
    },
  });
}

async function newGrant(device: SigningDevice): Promise<Grant> {
  const signer = parseAddress(device.address);
  if (signer === undefined) throw new Error("no address");
  const verdict = await readStatement(device.grantBody(), signer, ["messaging"], () => true);
  if (!verdict.ok) throw new Error(verdict.code);
  return { statement: verdict.statement, nonce: device.nextNonce(), now: Date.now() };
}

class Crash extends Error {}
const crashAt =
  (call: Step, nth = 1) =>
  (name: Step, times: number) => {
    if (name === call && times === nth) throw new Crash();
  };
const stateOf = async (device: SigningDevice) => (await mailboxWith(device).status()).outcome;
const consentIdOf = async (device: SigningDevice) =>
  (await consentOf(env.RECORDS, device.address))?.consentId;
/** The mailbox stopped in the middle of its saga, before it told D1. */
async function stopWithdrawing(device: SigningDevice): Promise<void> {
  const stub = env.MAILBOX.get(env.MAILBOX.idFromName(device.address));
  await runInDurableObject(stub, (_, state) => {
    state.storage.sql.exec("UPDATE mailbox SET state = 'withdrawing', withdrawn_at = ?", Date.now());
  });
  await evictDurableObject(stub); // it remembers being open
}

const stubOf = (device: SigningDevice) => env.MAILBOX.get(env.MAILBOX.idFromName(device.address)) as Stub;
/** Until a mailbox looks for itself what became of its opening. */
async function aMinutePasses(device: SigningDevice): Promise<void> {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
  await runDurableObjectAlarm(stubOf(device));
}
/** D1 has a consent that was given, and no mailbox has heard of it. */
async function recordedOnly(device: SigningDevice): Promise<Grant> {
  const grant = await newGrant(device);
  await expect(grantConsent(env, mailboxWith(device, crashAt("open")), grant)).rejects.toThrow(Crash);
  return grant;
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a mailbox that opens under a consent that has just ended", () => {
  /** Somebody who reads D1, and is overtaken by a whole withdrawal before their next step. */
  const overtaken = (device: SigningDevice, at: Step) => {
    let done = false;
    return async (call: Step) => {
      if (call !== at || done) return;
      done = true;
      expect((await device.withdraw()).status).toBe(200);
    };
  };
  const WAYS: [
    string,
    Step,
    (device: SigningDevice, mailbox: MailboxCalls, grant: Grant) => Promise<unknown>,
  ][] = [
    [
      "a late grant",
      "open",
      (device, mailbox, grant) => grantConsent(env, mailbox, { ...grant, nonce: device.nextNonce() }),
    ],
    [
      "a second withdrawal",
      "withdraw",
      (device, mailbox) => withdrawConsent(env, mailbox, device.address, device.nextNonce()),
    ],
    [
      "a withdrawal that was left behind",
      "open",
      async (device, mailbox) => {
        const consentId = (await consentIdOf(device)) ?? "";
        return withdrawByStatement(env, mailbox, { address: device.address, consentId }, Date.now());
      },
    ],
  ];

  it.each(WAYS)("by %s is closed again", async (_, at, run) => {
    const device = new SigningDevice();
    const grant = await recordedOnly(device);
    await run(device, mailboxWith(device, overtaken(device, at)), grant);
    expect([await tables(stubOf(device)), await consentIdOf(device)]).toEqual([[], undefined]);
  });

  it.each(WAYS)("by %s that crashed lets nobody in, and ends itself", async (_, at, run) => {
    const device = new SigningDevice();
    const grant = await recordedOnly(device);
    const consentId = (await consentIdOf(device)) ?? "";
    const mailbox = mailboxWith(device, overtaken(device, at), crashAt("open"));
    await expect(run(device, mailbox, grant)).rejects.toThrow(Crash);
    const receipt = await keptReceipt(env.RECORDS, consentId);
    expect(await tables(stubOf(device))).not.toEqual([]);
    expect(await refusal(device.call({ method: "POST", path: "/v1/mailbox/delivery-token" }))).toEqual([
      404,
      "no-consent",
    ]);
    expect(await stateOf(device)).toBe("no-consent");
    await aMinutePasses(device);
    expect(await tables(stubOf(device))).toEqual([]);
    expect(await keptReceipt(env.RECORDS, consentId)).toBe(receipt);
  });

  it("is closed again though its nonces are used up meanwhile", async () => {
    const device = new SigningDevice();
    const grant = { ...(await recordedOnly(device)), nonce: device.nextNonce() };
    const mailbox = mailboxWith(device, overtaken(device, "open"), async (call) => {
      if (call !== "open") return;
      for (let more = 0; more < 2; more++) await device.call({ method: "POST", path: "/v1/mailbox/nonce" });
    });
    expect((await grantConsent(env, mailbox, grant)).outcome).toBe("refused");
    expect(await tables(stubOf(device))).toEqual([]);
  });
});

describe("a mailbox whose grant crashed before it was confirmed", () => {
  it("lets people in when it has asked D1 itself, and not while D1 can't be asked", async () => {
    const device = new SigningDevice();
    const grant = await newGrant(device);
    const crashing = mailboxWith(device, crashAt("confirm"));
    await expect(grantConsent(env, crashing, grant)).rejects.toThrow(Crash);
    expect(await stateOf(device)).toBe("no-consent");
    vi.spyOn(console, "error").mockImplementation(() => {});
    await env.RECORDS.exec("ALTER TABLE consent RENAME COLUMN ask_mailbox_after TO gone");
    for (let minutes = 0; minutes < 3; minutes++) await aMinutePasses(device);
    expect(await tables(stubOf(device))).not.toEqual([]);
    await env.RECORDS.exec("ALTER TABLE consent RENAME COLUMN gone TO ask_mailbox_after");
    await aMinutePasses(device);
    expect(await stateOf(device)).toBe("status");
  });

  it("is confirmed by the same statement without waiting, and goes over to a new one", async () => {
    for (const again of [(grant: Grant) => grant, (_: Grant, fresh: Grant) => fresh]) {
      const device = new SigningDevice();
      const grant = await newGrant(device);
      const crashing = mailboxWith(device, crashAt("confirm"));
      await expect(grantConsent(env, crashing, grant)).rejects.toThrow(Crash);
      const nonce = device.nextNonce();
      const next = { ...again(grant, await newGrant(device)), nonce };
      expect(await grantConsent(env, mailboxWith(device), next)).toMatchObject({ outcome: "granted" });
      expect(await stateOf(device)).toBe("status");
    }
  });
});

describe("a mailbox that D1 knows no consent of", () => {
  it("is ended by its owner's withdrawal all the same, with a receipt", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    // As D1 is after it was restored to a moment before the grant.
    await env.RECORDS.prepare("DELETE FROM consent WHERE consent_id = ?").bind(consentId).run();
    expect((await device.withdraw()).status).toBe(200);
    expect(await tables(stubOf(device))).toEqual([]);
    expect(await refusal(device.withdraw())).toEqual([404, "no-consent"]);
  });

  it("is left alone by a withdrawal that its device sent before a newer grant", async () => {
    const device = new SigningDevice();
    const nonce = device.nextNonce();
    let late = true;
    const mailbox = mailboxWith(device, async (call) => {
      if (call !== "withdrawAny" || !late) return;
      late = false;
      await device.optIn();
    });
    const ended = await withdrawConsent(env, mailbox, device.address, nonce);
    expect([ended.outcome, await stateOf(device)]).toEqual(["nonce-used", "status"]);
  });
});

describe("a grant that crashed before its mailbox opened", () => {
  it("is finished by the same statement", async () => {
    const device = new SigningDevice();
    const grant = await newGrant(device);
    await expect(grantConsent(env, mailboxWith(device, crashAt("open")), grant)).rejects.toThrow(Crash);
    expect(await stateOf(device)).toBe("no-consent");
    const again = { ...grant, nonce: device.nextNonce() };
    expect(await grantConsent(env, mailboxWith(device), again)).toMatchObject({
      outcome: "granted",
      first: true,
    });
    expect(await stateOf(device)).toBe("status");
  });

  it("is finished by a new statement", async () => {
    const device = new SigningDevice();
    const crashing = mailboxWith(device, crashAt("open"));
    await expect(grantConsent(env, crashing, await newGrant(device))).rejects.toThrow(Crash);
    const consentId = await consentIdOf(device);
    const renewed = await grantConsent(env, mailboxWith(device), await newGrant(device));
    expect(renewed).toMatchObject({ outcome: "granted", record: { consentId } });
    expect(await stateOf(device)).toBe("status");
  });

  it("can be withdrawn, with a receipt", async () => {
    const device = new SigningDevice();
    const crashing = mailboxWith(device, crashAt("open"));
    await expect(grantConsent(env, crashing, await newGrant(device))).rejects.toThrow(Crash);
    const withdrawn = await withdrawConsent(env, mailboxWith(device), device.address, device.nextNonce());
    expect(withdrawn.outcome).toBe("withdrawn");
    expect([await stateOf(device), await consentIdOf(device)]).toEqual(["no-consent", undefined]);
  });
});

describe("a grant during a withdrawal", () => {
  it("leaves no second record while the mailbox still has to tell D1", async () => {
    const device = new SigningDevice();
    await device.optIn();
    await stopWithdrawing(device);
    const before = await consentOf(env.RECORDS, device.address);
    expect(await grantConsent(env, mailboxWith(device), await newGrant(device))).toEqual({
      outcome: "refused",
      code: "withdrawal-in-progress",
    });
    expect(await consentOf(env.RECORDS, device.address)).toEqual(before);
    const ended = await withdrawConsent(env, mailboxWith(device), device.address, device.nextNonce());
    expect(ended.outcome).toBe("withdrawn");
    expect((await grantConsent(env, mailboxWith(device), await newGrant(device))).outcome).toBe("granted");
  });

  it("ends its own record again when D1 had been told already", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    await stopWithdrawing(device);
    await endConsent(env.RECORDS, { consentId, receipt: () => "erased", at: Date.now() });
    expect(await grantConsent(env, mailboxWith(device), await newGrant(device))).toEqual({
      outcome: "refused",
      code: "withdrawal-in-progress",
    });
    expect(await consentIdOf(device)).toBeUndefined();
    expect(await keptReceipt(env.RECORDS, consentId)).toBe("erased");
  });

  it("that ended the consent just before the mailbox opened leaves neither of them", async () => {
    const device = new SigningDevice();
    const mailbox = mailboxWith(device, async (call) => {
      if (call !== "open") return;
      const consentId = (await consentIdOf(device)) ?? "";
      await endConsent(env.RECORDS, { consentId, receipt: () => "erased", at: Date.now() });
    });
    expect(await grantConsent(env, mailbox, await newGrant(device))).toEqual({
      outcome: "refused",
      code: "withdrawal-in-progress",
    });
    expect([await stateOf(device), await consentIdOf(device)]).toEqual(["no-consent", undefined]);
  });
});

describe("a renewal", () => {
  it("with a nonce that was used is refused before anything is written", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const before = await consentOf(env.RECORDS, device.address);
    const late = { ...(await newGrant(device)), nonce: 1 };
    expect(await grantConsent(env, mailboxWith(device), late)).toEqual({
      outcome: "refused",
      code: "nonce-used",
    });
    expect(await consentOf(env.RECORDS, device.address)).toEqual(before);
  });

  it("that meets another renewal leaves one of them whole", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    const grants = [await newGrant(device), await newGrant(device)];
    const outcomes = await Promise.all(grants.map((grant) => grantConsent(env, mailboxWith(device), grant)));
    const record = await consentOf(env.RECORDS, device.address);
    expect(record?.consentId).toBe(consentId);
    expect(grants.map(({ statement }) => statement.hash)).toContain(record?.statementHash);
    expect(outcomes.some(({ outcome }) => outcome === "granted")).toBe(true);
  });
});

describe("a withdrawal", () => {
  it("takes over a mailbox that was left open under an earlier consent, and erases it", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    await endConsent(env.RECORDS, { consentId, receipt: () => "erased", at: Date.now() });
    const crashing = mailboxWith(device, crashAt("open"));
    await expect(grantConsent(env, crashing, await newGrant(device))).rejects.toThrow(Crash);
    const ended = await withdrawConsent(env, mailboxWith(device), device.address, device.nextNonce());
    expect(ended.outcome).toBe("withdrawn");
    expect([await stateOf(device), await consentIdOf(device)]).toEqual(["no-consent", undefined]);
  });

  it("and a grant of the same device, at once and in any order, end with both sides agreeing", async () => {
    for (let round = 0; round < 5; round++) {
      const device = new SigningDevice();
      await device.optIn();
      await Promise.all([device.withdraw(), device.grant(), device.withdraw(), device.grant()]);
      const open = (await stateOf(device)) === "status";
      expect(open).toBe((await consentIdOf(device)) !== undefined);
    }
  });
});

describe("a withdrawal that was left behind", () => {
  const handInAt = (device: SigningDevice, consentId: string, mailbox = mailboxWith(device)) =>
    withdrawByStatement(env, mailbox, { address: device.address, consentId }, Date.now());

  it("leaves the consent alone that was granted between its look at D1 and the mailbox", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    let later = "";
    const mailbox = mailboxWith(device, async (call, times) => {
      if (call !== "withdraw" || times !== 1) return;
      await device.withdraw();
      later = (await device.optIn()).consentId;
    });
    const receipt = { outcome: "withdrawn", receipt: expect.any(String) };
    expect(await handInAt(device, consentId, mailbox)).toEqual(receipt);
    expect([await stateOf(device), await consentIdOf(device)]).toEqual(["status", later]);
  });

  it("leaves the consent alone that was granted before it opened what it took for a crashed grant", async () => {
    const device = new SigningDevice();
    const crashing = mailboxWith(device, crashAt("open"));
    await expect(grantConsent(env, crashing, await newGrant(device))).rejects.toThrow(Crash);
    const consentId = (await consentIdOf(device)) ?? "";
    let later = "";
    const mailbox = mailboxWith(device, async (call) => {
      if (call !== "open") return;
      await device.withdraw();
      later = (await device.optIn()).consentId;
    });
    expect(await handInAt(device, consentId, mailbox)).toEqual({ outcome: "unavailable" });
    expect([await stateOf(device), await consentIdOf(device)]).toEqual(["status", later]);
    expect((await handInAt(device, consentId)).outcome).toBe("withdrawn");
    expect([await stateOf(device), await consentIdOf(device)]).toEqual(["status", later]);
  });

  it("ends a consent whose mailbox never opened, or is lost", async () => {
    const device = new SigningDevice();
    const crashing = mailboxWith(device, crashAt("open"));
    await expect(grantConsent(env, crashing, await newGrant(device))).rejects.toThrow(Crash);
    const consentId = (await consentIdOf(device)) ?? "";
    expect((await handInAt(device, consentId)).outcome).toBe("withdrawn");
    expect([await stateOf(device), await consentIdOf(device)]).toEqual(["no-consent", undefined]);
  });

  it("goes on with a withdrawal that stopped before D1 was told", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    await stopWithdrawing(device);
    expect((await handInAt(device, consentId)).outcome).toBe("withdrawn");
    expect([await stateOf(device), await consentIdOf(device)]).toEqual(["no-consent", undefined]);
  });

  it("can be handed in again when the Worker crashed at any step", async () => {
    for (const [call, nth] of [
      ["withdraw", 1],
      ["open", 1],
      ["withdraw", 2],
    ] as const) {
      const device = new SigningDevice();
      const crashing = mailboxWith(device, crashAt("open"));
      await expect(grantConsent(env, crashing, await newGrant(device))).rejects.toThrow(Crash);
      const consentId = (await consentIdOf(device)) ?? "";
      const handedIn = handInAt(device, consentId, mailboxWith(device, crashAt(call, nth)));
      await expect(handedIn).rejects.toThrow(Crash);
      expect((await handInAt(device, consentId)).outcome, `${call} ${nth}`).toBe("withdrawn");
      expect([await stateOf(device), await consentIdOf(device)]).toEqual(["no-consent", undefined]);
    }
  });

  it("handed in, with the owner's and a grant, at once and in any order ends with both sides agreeing", async () => {
    for (let round = 0; round < 5; round++) {
      const device = new SigningDevice();
      const left = device.leaveBehind((await device.optIn()).consentId);
      await Promise.all([handIn(left), device.grant(), handIn(left), device.withdraw(), device.grant()]);
      const open = (await stateOf(device)) === "status";
      expect(open).toBe((await consentIdOf(device)) !== undefined);
    }
  });
});
