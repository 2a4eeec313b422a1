/**
 * Ann, who writes; Bo, who has two devices; a relay in memory whose every answer, to her and to him, can be lost,
 * doubled or late; and Ann's SMS app. Ann's process may die at any write or request.
 */
import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { Device } from "../../../src/client/device.ts";
import { ErrandRunner } from "../../../src/client/errand-runner.ts";
import type { Fallback } from "../../../src/client/fallback/fallback.ts";
import { Fallbacks } from "../../../src/client/fallback/fallbacks.ts";
import { readIdentity } from "../../../src/client/identity.ts";
import { Outbox } from "../../../src/client/outbox.ts";
import { isRelayError } from "../../../src/client/relay-problem.ts";
import { createSession } from "../../../src/client/session.ts";
import { PLATFORM, type Platform } from "../../../src/client/transport.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { Life, type Moment } from "../../interleavings/life.ts";
import { copyOf, type Entries, MortalVault } from "../../interleavings/mortal-vault.ts";
import { Post } from "../../interleavings/post.ts";
import type { Chance } from "../../interleavings/seeded.ts";
import { person, readAll } from "../../scenario/person.ts";

const NUMBER = "+4915112345678";
export const TEXT = "The keys are under the mat.";

/** What the network does to one of Ann's requests. */
export type Fate = "arrives" | "lost" | "answer-lost" | "doubled" | "late" | "unavailable";
/** What the SMS app does. `dies-…`: Ann's process ends before, or after, the SMS is sent. */
export type SmsFate = "sends" | "fails" | "dies-before" | "dies-after";

export interface Stage {
  readonly mailboxes: unknown;
  readonly now: number;
  readonly ann: Entries;
  readonly bo: readonly Entries[];
  readonly boAddress: string;
  readonly signing: { readonly privateKey: CryptoKey; readonly publicJwk: JWK };
}

function mount(entries: Entries, life = new Life()): MortalVault {
  return new MortalVault(entries, life, () => undefined);
}

/** Ann and Bo know each other; each has a channel to the other's devices. */
export async function prepare(devices: 1 | 2): Promise<Stage> {
  const post = new Post(() => undefined);
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid: "1-receipts", alg: "EdDSA", use: "sig" };
  const { origin, platform } = post.relay;
  const entries: Entries[] = [new Map(), new Map(), new Map()];
  const [ann, first, second] = await Promise.all(
    entries.map((own) => person(origin, { vault: mount(own), platform })),
  );
  if (ann === undefined || first === undefined || second === undefined) throw new Error("nobody");
  await ann.add(first.card(), "Bo");
  await first.add(ann.card(), "Ann");
  if (devices === 2) await first.ownDevices.approveLink(await second.ownDevices.linkCode());
  for (let round = 0; round < 4; round++) {
    post.pass(6000, []);
    for (const device of [first, second, ann]) await readAll(device);
    await ann.send(first.address, `round ${round}`);
    for (const device of [first, second]) if (devices === 2 || device === first) await readAll(device);
    await first.send(ann.address, `answer ${round}`);
  }
  for (const device of [ann, first, second]) await readAll(device);
  return {
    mailboxes: post.relay.mailboxes.snapshot(),
    now: post.now,
    ann: copyOf(entries[0] ?? new Map()),
    bo: entries.slice(1, 1 + devices).map(copyOf),
    boAddress: first.address,
    signing: { privateKey, publicJwk },
  };
}

export class Correspondence {
  readonly post = new Post(() => undefined);
  /** Every SMS that was sent. */
  readonly sms: string[] = [];
  /** Every state that Ann's app was told. */
  readonly told: Fallback[] = [];
  /** By device of Bo's: what its app was handed. */
  readonly handed: string[][] = [];
  /** What the network and the SMS app do from now on. */
  fates: () => Fate = () => "arrives";
  smsFate: SmsFate = "sends";
  isUp = true;
  readonly #stage: Stage;
  readonly #entries: Entries;
  readonly #bo: Device[] = [];
  /** Devices of Bo's that could not finish fetching: whatever is at the relay, they come again. */
  readonly #cutOff = new Set<number>();
  #beforeAcknowledging: (() => Promise<void>) | undefined;
  #late: (() => Promise<unknown>)[] = [];
  #life = new Life();
  #fallbacks: Fallbacks | undefined;
  #errands: ErrandRunner | undefined;
  #outbox: Outbox | undefined;
  id = "";

  private constructor(stage: Stage) {
    this.#stage = stage;
    this.#entries = copyOf(stage.ann);
    const { relay } = this.post;
    relay.mailboxes.restore(stage.mailboxes);
    relay.now = stage.now;
    relay.lies.revoke = async ({ address, key = "" }) => {
      const state = relay.mailboxes.revoke(address, key);
      return state === "revoked" ? { state, proof: await this.#prove(address, key) } : state;
    };
  }

  static async from(stage: Stage): Promise<Correspondence> {
    const all = new Correspondence(stage);
    for (const entries of stage.bo) {
      const vault = mount(copyOf(entries));
      all.#bo.push(await Device.open({ vault, platform: all.#boPlatform() }));
      all.handed.push([]);
    }
    all.restart();
    return all;
  }

  get arrived(): boolean {
    return this.handed.some((texts) => texts.length > 0);
  }

  get fallback(): Fallback | undefined {
    return this.#now.fallbacks.list()[0];
  }

  /** Ann's process ends, and another begins. */
  restart(): void {
    this.#life.end();
    this.#life = new Life();
    const life = this.#life;
    const vault = mount(this.#entries, life);
    const session = createSession(readIdentity(vault), vault, this.#platform(life));
    this.#outbox = new Outbox(session);
    this.#errands = new ErrandRunner(session, this.#outbox);
    const outbox = this.#outbox;
    this.#fallbacks = new Fallbacks(session, outbox, {
      recipient: async () => this.#stage.boAddress,
      send: (to, text, options) => outbox.send(to, text, options),
    });
    this.#fallbacks.onSms(async ({ text }) => {
      if (this.smsFate === "dies-before") life.end();
      if (this.smsFate === "fails" || this.smsFate === "dies-before") throw new Error("no SMS today");
      this.sms.push(text);
      if (this.smsFate === "dies-after") life.end();
    });
    session.news.listen((news) => {
      if (news.kind === "fallback") this.told.push(news.fallback);
    });
  }

  /** @param death where Ann's process dies */
  async send(smsAfter: number, death?: Moment): Promise<void> {
    await this.#living(death, () => this.#now.fallbacks.send({ number: NUMBER }, TEXT, smsAfter));
  }

  async run(death?: Moment): Promise<void> {
    await this.#living(death, async () => {
      const { fallbacks, errands, outbox } = this.#now;
      await fallbacks.run();
      await errands.run();
      await outbox.flush();
    });
  }

  /** @param race so much time passes, and Ann's app looks, between what Bo's device fetched and its acknowledgement */
  async read(device: number, race?: number): Promise<void> {
    const which = device % this.#bo.length;
    const bo = this.#bo[which];
    if (bo === undefined || !(this.post.isWaiting(bo.address) || this.#cutOff.has(which))) return;
    this.#beforeAcknowledging = async () => {
      this.#beforeAcknowledging = undefined;
      if (race === undefined) return;
      this.pass(race);
      await this.run();
    };
    this.#cutOff.delete(which);
    try {
      for await (const { text } of bo.inbox({ once: true }))
        if (text === TEXT) this.handed[which]?.push(text);
    } catch (error) {
      if (!isRelayError(error)) throw error;
      this.#cutOff.add(which);
    }
  }

  pass(milliseconds: number): void {
    this.post.relay.now += milliseconds;
  }

  /** Copies of requests that took their time. */
  async catchUp(): Promise<void> {
    for (const request of this.#late.splice(0)) await request();
  }

  /** The network works, everybody is awake, and time passes, until nothing more happens. */
  async settle(): Promise<void> {
    this.fates = () => "arrives";
    this.isUp = true;
    if (this.smsFate !== "fails") this.smsFate = "sends";
    for (let quiet = 0; quiet < 2; ) {
      const before = JSON.stringify([this.fallback, this.handed, this.sms, this.#late.length]);
      await this.catchUp();
      await this.run();
      for (const [device] of this.#bo.entries()) await this.read(device);
      this.pass(30_000);
      quiet =
        before === JSON.stringify([this.fallback, this.handed, this.sms, this.#late.length]) ? quiet + 1 : 0;
    }
  }

  get #now() {
    if (!this.#fallbacks || !this.#errands || !this.#outbox) throw new Error("not running");
    return { fallbacks: this.#fallbacks, errands: this.#errands, outbox: this.#outbox };
  }

  async #living(death: Moment | undefined, run: () => Promise<unknown>): Promise<void> {
    this.#life.plan(death);
    await run().catch((error) => {
      if (!this.#life.isOver) throw error;
    });
    this.#life.plan(undefined);
    if (this.#life.isOver) this.restart();
  }

  #platform(life: Life): Platform {
    return {
      ...PLATFORM,
      now: () => this.post.now,
      fetch: (input, init) => life.step(`${init?.method} ${input}`, () => this.#travel(input, init)),
    };
  }

  #boPlatform(): Platform {
    return {
      ...PLATFORM,
      now: () => this.post.now,
      fetch: async (input, init) => {
        const isAcknowledgement = init?.method === "DELETE" && String(input).endsWith(ROUTES.messages);
        if (isAcknowledgement) await this.#beforeAcknowledging?.();
        return this.#travel(input, init);
      },
    };
  }

  async #travel(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Response> {
    const ask = () => this.#answer(input, init);
    const fate = this.isUp ? this.fates() : "lost";
    if (fate === "lost") throw new TypeError("no network");
    if (fate === "unavailable") return new Response("", { status: 503 });
    if (fate === "late") this.#late.push(ask);
    if (fate === "late" && this.post.now % 2 === 0) throw new TypeError("no network");
    const answer = await ask();
    if (fate === "answer-lost") throw new TypeError("no network");
    return fate === "doubled" ? ask() : answer;
  }

  async #answer(input: Parameters<typeof fetch>[0], init: RequestInit | undefined): Promise<Response> {
    if (!String(input).endsWith(ROUTES.keySet)) return this.post.relay.platform.fetch(input, init);
    return Response.json({ keys: [this.#stage.signing.publicJwk] });
  }

  #prove(address: string, deposit: string): Promise<string> {
    return new SignJWT({ address, deposit, state: "revoked", jti: randomUUID() })
      .setProtectedHeader({ alg: "EdDSA", typ: "restante-revocation+jwt", kid: "1-receipts" })
      .sign(this.#stage.signing.privateKey);
  }
}

/** A fate drawn by chance, mostly a kind one. */
export function anyFate(chance: Chance, trouble: number): Fate {
  const fates: readonly Fate[] = ["lost", "answer-lost", "doubled", "late", "unavailable"];
  return chance.fraction() < trouble ? (fates[chance.below(fates.length)] ?? "lost") : "arrives";
}
