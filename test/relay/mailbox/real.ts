/** The real mailbox behind the model's words: carries commands out and says what anyone can see. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { CLOSE } from "../../../src/protocol/close.ts";
import type { OneTimeKey } from "../../../src/protocol/one-time-key.ts";
import type { Pass } from "../../../src/relay/mailbox/calls.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { beforeDeadline } from "./deadline.ts";
import { type Command, WAKING_TAKES } from "./model.ts";
import { isOpen } from "./model-device.ts";
import type { Answer, Model, Device as ModelDevice } from "./model-state.ts";
import type { Introduction } from "./model-strangers.ts";
import {
  ADDRESS,
  absentMailbox,
  Device,
  envelope,
  failWrites,
  inStorage,
  numberOf,
  oneTimeKey,
  until,
  upgrade,
} from "./stage.ts";

export type Failing = "nothing" | "storage" | "records";

/** An id that no message ever has. */
const NO_ID = 7;

export class RealMailbox {
  readonly #stub = absentMailbox();
  readonly #consents = new Map<number, string>();
  /** By the model's serial number. */
  readonly #epochs: Uint8Array[] = [new Uint8Array(16)];
  readonly #ids = new Map<number, number>();
  readonly #claimed = new Set<string>();
  /** By introduction: the key that was last claimed under it. */
  readonly #claimedBy = new Map<number, string>();
  #device: Device | undefined;

  async carryOut(command: Command, failing: Failing): Promise<Answer> {
    const mend = await this.#fail(failing);
    try {
      return await this.#do(command);
    } finally {
      await mend();
    }
  }

  knows(number: number | undefined): boolean {
    return number !== undefined && this.#ids.has(number);
  }

  /** All that the mailbox tells anybody, in the model's words. */
  async look(keys: readonly number[], tokens: readonly number[], epoch: number) {
    const { outcome, ...status } = await this.#stub.status();
    const pulled = await this.#stub.messages(100);
    const messages = pulled.outcome === "messages" ? pulled.messages : [];
    for (const { id, body } of messages) this.#learn(numberOf(body), id);
    const statesFor = async (pass: Pass) => {
      const states = keys.map((key) => this.#stub.depositState(pass, keyOf(key)));
      return (await Promise.all(states)).map(plain);
    };
    const strangers = tokens.map((token) => statesFor({ nonce: nonceOf(token), mayOpen: true }));
    return {
      status: outcome === "status" ? status : outcome,
      held: messages.map(({ body, heldUntil, revocable }) => ({
        number: numberOf(body),
        heldUntil,
        revocable,
      })),
      states: await statesFor(this.#epoch(epoch)),
      told: await Promise.all(strangers),
    };
  }

  /** What the device saw, once it has seen as much as it is expected to. */
  async deviceSaw({ shown, told, caughtUp, closed }: ModelDevice) {
    const device = this.#device;
    if (device === undefined) throw new Error("no device");
    await until(
      () =>
        device.messages.length >= shown.length &&
        device.erased.length >= told.length &&
        (device.isCaughtUp || !caughtUp) &&
        (closed === undefined || device.closeCode !== undefined),
      "the device",
      500,
    ).catch(() => {}); // What it did see says more than that it waited.
    for (const { id, body } of device.messages) this.#learn(numberOf(body), id);
    return {
      shown: device.numbers,
      told: device.erased.map(({ id, erased }) => [this.#numberOf(id), erased]),
      caughtUp: device.isCaughtUp,
      ...(device.closeCode === undefined ? {} : { closed: ownCode(device.closeCode) }),
    };
  }

  alarm(): Promise<number> {
    return runInDurableObject(
      this.#stub,
      async (_: Mailbox, { storage }) => (await storage.getAlarm()) ?? Number.POSITIVE_INFINITY,
    );
  }

  /** The object has noticed what became of the socket. */
  async settle({ device }: Model): Promise<void> {
    const expected = isOpen(device) ? 1 : 0;
    const countOpen = () =>
      inStorage(
        this.#stub,
        (_, state) => state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN).length,
      );
    for (let tries = 0; (await countOpen()) !== expected; tries++)
      if (tries === 1000) throw new Error(`${expected} open sockets expected`);
  }

  async #do(command: Command): Promise<Answer> {
    const stub = this.#stub;
    switch (command.do) {
      case "grant": {
        const { nonce, consent, introductions } = command;
        const grant = { consentId: this.#consent(consent), address: ADDRESS, noticeVersion: 1, nonce };
        const opened = await stub.open({ ...grant, introductions });
        if (opened.outcome === "opened") this.#epochs.push(opened.epoch);
        if ("epoch" in opened) await stub.confirm(grant.consentId, introductions);
        return opened.outcome;
      }
      case "end introductions":
        return (await stub.endIntroductions(this.#consent(command.consent))).outcome;
      case "withdraw":
        return (await stub.withdraw(this.#consent(command.consent), command.nonce)).outcome;
      case "hand in withdrawal":
        return (await stub.withdraw(this.#consent(command.consent))).outcome;
      case "deposit": {
        const body = envelope(command.number, command.size);
        return plain(await stub.deposit(this.#pass(command), body, command.ttl));
      }
      case "deposit together":
        return this.#together(command);
      case "deposit revocable": {
        const body = envelope(command.number, command.size);
        return plain(await stub.depositRevocable(this.#pass(command), keyOf(command.key), body, command.ttl));
      }
      case "revoke": {
        const revoked = await stub.revoke(this.#pass(command), keyOf(command.key));
        return revoked.outcome === "revoked" ? ["revoked", revoked.revokedAt] : revoked.outcome;
      }
      case "acknowledge": {
        const ids = command.numbers.map((number) => this.#ids.get(number ?? -1) ?? NO_ID);
        if (command.by === "socket") return this.#acknowledgeBySocket(ids);
        const done = await stub.acknowledge(ids);
        if (done.outcome !== "acknowledged") return done.outcome;
        return ["acknowledged", done.erased.map((id) => this.#numberOf(id))];
      }
      case "publish keys": {
        const expires = Date.now() + command.lifetime;
        const keys = Array.from({ length: command.oneTime }, () => oneTimeKey(expires));
        if (command.lastResort) keys.push(oneTimeKey(expires, true));
        return (await stub.replaceOneTimeKeys(command.nonce, keys)).outcome;
      }
      case "claim key": {
        const claimed = await stub.claimOneTimeKey(this.#pass(command));
        return claimed.outcome === "claimed"
          ? ["claimed", this.#kindOf(claimed.key, command.introduction?.token)]
          : claimed.outcome;
      }
      case "rotate token": {
        const rotated = await stub.rotateDeliveryToken(command.nonce);
        if (rotated.outcome === "rotated") this.#epochs.push(rotated.epoch);
        return rotated.outcome;
      }
      case "connect":
        return this.#connect(command);
      case "disconnect":
        this.#device?.close();
        return "done";
      case "send nonsense":
        if (this.#device?.closeCode === undefined) this.#device?.send(Uint8Array.of(0x99));
        return "done";
      case "let time pass":
        vi.setSystemTime(Date.now() + command.milliseconds);
        return "done";
      case "run alarm":
        await runInDurableObject(stub, (mailbox: Mailbox) => mailbox.alarm());
        return "done";
      case "hibernate":
        await evictDurableObject(stub);
        vi.advanceTimersByTime(WAKING_TAKES);
        return "done";
      case "restart":
        await evictDurableObject(stub, { webSockets: "close" });
        vi.advanceTimersByTime(WAKING_TAKES);
        return "done";
    }
  }

  async #together({ epoch, items, meanwhile }: Command & { do: "deposit together" }): Promise<Answer> {
    return beforeDeadline(this.#stub, async (awaits) => {
      const outcomes = this.#stub.depositMany(
        items.map(({ number, size, ttl, key, introduction }) => ({
          ...{ pass: this.#pass({ epoch, introduction }), envelope: envelope(number, size), ttl },
          key: key === undefined ? undefined : keyOf(key),
        })),
      );
      await awaits();
      for (const { id, body } of this.#device?.messages ?? []) this.#learn(numberOf(body), id);
      const between = this.#do(meanwhile);
      // A contact's deposit may wait for the deadline itself.
      await awaits(meanwhile.do === "deposit" ? undefined : between);
      if (["disconnect", "send nonsense"].includes(meanwhile.do)) await this.#device?.closed;
      return async () => ["together", [...(await outcomes).map(plain), await between]] as const;
    });
  }

  async #connect({ nonce, habit }: { nonce: number; habit: ModelDevice["habit"] }): Promise<Answer> {
    const response = await upgrade(this.#stub, nonce);
    const refused = { 404: "no-consent", 409: "nonce-used", 503: "unavailable" }[response.status];
    if (refused !== undefined) return refused;
    const device = Device.on(response);
    if (this.#device !== undefined && this.#device.closeCode === undefined)
      expect(await this.#device.closed).toBe(CLOSE.replaced.code);
    if (habit === "prompt") device.acknowledgeAll();
    if (habit === "breaks") device.onMessage = () => device.close();
    this.#device = device;
    return "connected";
  }

  async #acknowledgeBySocket(ids: number[]): Promise<Answer> {
    const device = this.#device;
    if (device === undefined || device.closeCode !== undefined) return "no socket";
    const confirmed = device.erased.length + ids.length;
    device.acknowledge(...ids);
    await until(() => device.erased.length >= confirmed || device.closeCode !== undefined, "confirmation");
    return "sent";
  }

  /** Fails what the platform can fail: a commit with writes in it, deleteAll(), D1. */
  async #fail(failing: Failing): Promise<() => Promise<unknown>> {
    if (failing === "records") {
      await env.RECORDS.exec("ALTER TABLE consent_receipt RENAME TO consent_receipt_gone");
      return () => env.RECORDS.exec("ALTER TABLE consent_receipt_gone RENAME TO consent_receipt");
    }
    if (failing === "nothing") return async () => {};
    const mend = await failWrites(this.#stub);
    return async () => mend();
  }

  /** Which kind of key was served, and that nobody else was served the same. */
  #kindOf({ publicKey, lastResort }: OneTimeKey, token: number | undefined): string {
    if (lastResort) return "last-resort";
    const name = encodeBase64url(publicKey);
    if (token !== undefined && this.#claimedBy.get(token) === name) return "one-time again";
    if (this.#claimed.has(name)) throw new Error("a one-time key was served twice");
    this.#claimed.add(name);
    if (token !== undefined) this.#claimedBy.set(token, name);
    return "one-time";
  }

  #pass({ epoch, introduction }: { epoch: number; introduction?: Introduction | undefined }): Pass {
    if (introduction === undefined) return this.#epoch(epoch);
    return { nonce: nonceOf(introduction.token), mayOpen: introduction.mayOpen };
  }

  #consent(serial: number): string {
    const id = this.#consents.get(serial) ?? crypto.randomUUID();
    this.#consents.set(serial, id);
    return id;
  }

  #epoch(serial: number): Uint8Array {
    return this.#epochs[serial] ?? new Uint8Array(16);
  }

  #learn(number: number, id: number): void {
    const known = this.#ids.get(number);
    if (known !== undefined && known !== id) throw new Error("a message changed its id");
    this.#ids.set(number, id);
  }

  #numberOf(id: number): number | undefined {
    return [...this.#ids].find(([, known]) => known === id)?.[0];
  }
}

function keyOf(key: number): Uint8Array {
  return new Uint8Array(16).fill(key);
}

function nonceOf(token: number): Uint8Array {
  return new Uint8Array(16).fill(0x80 + token);
}

function plain(answer: { outcome: string; heldUntil?: number }): Answer {
  return answer.heldUntil === undefined ? answer.outcome : [answer.outcome, answer.heldUntil];
}

/** How a socket ends that the relay did not close has many codes; 0 stands for them. */
function ownCode(code: number): number {
  return code >= 4000 ? code : 0;
}
