/** One device with its mailbox and its records, whatever happens to them; and what must hold at every moment. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { parseAddress } from "../../../src/protocol/address.ts";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { parsePrefix } from "../../../src/protocol/directory/prefix.ts";
import { DAY, LAPSE_DAYS } from "../../../src/protocol/limits.ts";
import { type GrantOutcome, grantConsent } from "../../../src/relay/consent/grant.ts";
import { materialSince } from "../../../src/relay/consent/notice.ts";
import type { ConsentRecord } from "../../../src/relay/consent/record.ts";
import { consentOf } from "../../../src/relay/consent/records.ts";
import { readStatement } from "../../../src/relay/consent/signed-statement.ts";
import { endUnopenedDue } from "../../../src/relay/consent/unopened.ts";
import { withdrawByStatement, withdrawConsent } from "../../../src/relay/consent/withdrawal.ts";
import { entriesUnder } from "../../../src/relay/directory/bucket-store.ts";
import type { MailboxCalls, WithdrawOutcome } from "../../../src/relay/mailbox/calls.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { mailboxOf } from "../../../src/relay/mailbox/stub.ts";
import { anyNumber, Listed } from "../directory/stage.ts";
import { envelope, randomKey, rows, type Stub, tables } from "../mailbox/stage.ts";
import { type Between, mailboxThrough, recordsThrough } from "./interrupted.ts";

const ALL: Purpose[] = ["messaging", "number", "discovery"];
const NOTHING: Between = async () => undefined;

/** When a mailbox has asked D1 by itself what became of its opening, and gone on with its end. */
const SETTLES_WITHIN = 61_000;

export class Life {
  readonly #listed = new Listed();
  readonly #number = anyNumber();
  readonly #stub: Stub = env.MAILBOX.get(env.MAILBOX.idFromName(this.#listed.address)) as Stub;
  /** Every epoch there was, and the consent that it was given out under. */
  readonly #epochs: { readonly epoch: Uint8Array; readonly consentId: string }[] = [];
  /** Every consent there was. */
  readonly #consents = new Set<string>();
  readonly #routes = new Set<string>();

  /** A yes, as the Worker takes it; `between` its steps something may happen. */
  async grant(purposes: Purpose[], between = NOTHING): Promise<GrantOutcome> {
    const { device } = this.#listed;
    const signer = parseAddress(device.address);
    const body = device.grantBody(device.statement({ purposes }));
    const verdict = signer && (await readStatement(body, signer, ALL, () => true));
    if (!verdict?.ok) throw new Error("no statement");
    const grant = { statement: verdict.statement, nonce: device.nextNonce(), now: Date.now() };
    try {
      const granted = await grantConsent(this.#worker(between), this.#mailbox(between), grant);
      if (granted.outcome === "granted")
        this.#epochs.push({ epoch: granted.epoch, consentId: granted.record.consentId });
      return granted;
    } finally {
      await this.#learn();
    }
  }

  withdraw(between = NOTHING): Promise<WithdrawOutcome> {
    const { device } = this.#listed;
    const nonce = device.nextNonce();
    return withdrawConsent(this.#worker(between), this.#mailbox(between), device.address, nonce);
  }

  /** A withdrawal that it left behind, of the first consent or the last. */
  async handIn(which: "first" | "last", between = NOTHING): Promise<WithdrawOutcome | undefined> {
    const consentId = [...this.#consents].at(which === "first" ? 0 : -1);
    const { address } = this.#listed;
    if (consentId === undefined) return undefined;
    const named = { address, consentId };
    return withdrawByStatement(this.#worker(between), this.#mailbox(between), named, Date.now());
  }

  async list(): Promise<void> {
    const answer = await this.#listed.put(this.#number);
    if (answer.status === 200) expect((await this.record())?.purposes).toContain("discovery");
  }

  alarm(): Promise<boolean> {
    return runDurableObjectAlarm(this.#stub);
  }

  evict(): Promise<void> {
    return evictDurableObject(this.#stub);
  }

  pass(milliseconds: number): void {
    vi.setSystemTime(Date.now() + milliseconds);
  }

  async lapse(): Promise<void> {
    this.pass((LAPSE_DAYS + 2) * DAY);
    await this.alarm();
    await endUnopenedDue(env, env.RECORDS, Date.now(), 100);
  }

  /** D1 takes no end until it is mended; or the last step of one fails once. */
  async fail(what: "records" | "erasing"): Promise<() => Promise<unknown>> {
    if (what === "records") {
      await env.RECORDS.exec("ALTER TABLE consent_receipt RENAME TO consent_receipt_gone");
      return () => env.RECORDS.exec("ALTER TABLE consent_receipt_gone RENAME TO consent_receipt");
    }
    const spy = await runInDurableObject(this.#stub, (_: Mailbox, { storage }) =>
      vi.spyOn(storage, "deleteAll").mockRejectedValueOnce(new Error("crash")),
    );
    return () => runInDurableObject(this.#stub, () => spy.mockRestore());
  }

  record(): Promise<ConsentRecord | undefined> {
    return consentOf(env.RECORDS, this.#listed.address);
  }

  get lastConsent(): string | undefined {
    return [...this.#consents].at(-1);
  }

  /** What there is of it in D1 and in its mailbox. */
  async found() {
    const row = await this.#row();
    const mailbox = row === undefined ? "absent" : row.state;
    return { record: (await this.record())?.consentId, mailbox };
  }

  /** Whether the newest token lets somebody in. Each time a text is left, if so. */
  async takesMail(): Promise<boolean> {
    const newest = this.#epochs.at(-1);
    return (
      newest !== undefined && (await this.#stub.deposit(newest.epoch, envelope(1), 60)).outcome === "held"
    );
  }

  /** Nothing is accepted or served without a consent in force that covers it. */
  async check(): Promise<void> {
    const record = await this.record();
    if (record !== undefined) this.#consents.add(record.consentId);
    const agreed = record !== undefined && record.noticeVersion >= materialSince();
    const findable = agreed && record.purposes.includes("discovery");
    for (const { epoch, consentId } of this.#epochs) {
      const { outcome } = await this.#stub.deposit(epoch, envelope(1), 60);
      if (outcome !== "not-authorized")
        expect([agreed, record?.consentId], "a deposit").toEqual([true, consentId]);
    }
    const pass = { nonce: randomKey(), mayOpen: true };
    for (const { outcome } of [
      await this.#stub.claimOneTimeKey(pass),
      await this.#stub.deposit(pass, envelope(1), 60),
    ])
      if (outcome !== "not-authorized") expect(findable, "an introduction").toBe(true);
    for (const route of await this.#served()) expect(findable, `route ${route} is served`).toBe(true);
    const row = await this.#row();
    if (row?.state === "open" && row.confirm_by === null)
      expect(row.consent_id, "an open mailbox's consent").toBe(record?.consentId);
    if (record === undefined) await this.#isGone();
  }

  /** What is left to be done gets done by itself; then mailbox and record go together. */
  async settle(): Promise<void> {
    for (let times = 0; times < 3; times++) {
      this.pass(SETTLES_WITHIN);
      await this.alarm();
    }
    await this.check();
    const row = await this.#row();
    if (row === undefined) return;
    const consentId = (await this.record())?.consentId;
    expect(row).toMatchObject({ state: "open", confirm_by: null, consent_id: consentId });
  }

  /** With nobody there any more all of it goes, and each consent has ended once. */
  async end(): Promise<void> {
    await this.settle();
    await this.lapse();
    await this.settle();
    expect([await tables(this.#stub), await this.record()]).toEqual([[], undefined]);
    for (const consentId of this.#consents) {
      const { results } = await env.RECORDS.prepare(
        "SELECT kind FROM consent_event WHERE consent_id = ? ORDER BY position",
      )
        .bind(consentId)
        .all<{ kind: string }>();
      const ends = results.map(({ kind }) => kind === "withdrawn" || kind === "lapsed");
      expect(ends.indexOf(true), "the only end is the last event").toBe(ends.length - 1);
    }
  }

  async #row() {
    if ((await tables(this.#stub)).length === 0) return undefined;
    return (await rows(this.#stub, "mailbox"))[0];
  }

  #worker(between: Between): Env {
    return { ...env, RECORDS: recordsThrough(env.RECORDS, between) };
  }

  #mailbox(between: Between): MailboxCalls {
    const address = parseAddress(this.#listed.address);
    const mailbox = address && mailboxOf(env, address);
    if (mailbox === undefined) throw new Error("no mailbox");
    return mailboxThrough(mailbox, between);
  }

  /** Also of a grant that nobody was told of. */
  async #learn(): Promise<void> {
    const consentId = (await this.record())?.consentId;
    if (consentId === undefined) return;
    this.#consents.add(consentId);
    this.#listed.consentId = consentId;
  }

  async #served(): Promise<string[]> {
    const { results } = await env.RECORDS.prepare("SELECT route_id AS id FROM route WHERE consent_id = ?")
      .bind(this.#listed.consentId)
      .all<{ id: string }>();
    for (const { id } of results) this.#routes.add(id);
    const everything = parsePrefix("") ?? { width: 0, bits: "" };
    const served = { materialSince: materialSince(), now: Date.now() };
    const entries = await entriesUnder(env.RECORDS, 1, everything, served);
    const ids = entries.map((entry) =>
      [...entry.subarray(0, 16)].map((o) => o.toString(16).padStart(2, "0")).join(""),
    );
    return ids.filter((id) => this.#routes.has(id));
  }

  /** No row of D1 names the device, and none hangs on a consent of its. */
  async #isGone(): Promise<void> {
    for (const table of ["consent", "consent_purpose", "route", "route_claim", "verified_number"]) {
      const { results } = await env.RECORDS.prepare(`SELECT * FROM ${table}`).all();
      const text = JSON.stringify(results);
      for (const name of [this.#listed.address, ...this.#consents]) expect(text).not.toContain(name);
    }
  }
}
