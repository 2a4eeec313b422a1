/**
 * Whether time tells what bytes do not: `npm run bench:equal-answers`. Mailboxes that are closed to a sender, for one
 * reason or another, answer with equal bytes; here each class of caller asks 2,000 of each kind, in random order, one
 * at a time, and the times are compared.
 *
 * The statistic, for two kinds of one class: how often a sample of the one took longer than a sample of the other, ties
 * by half (the area under the ROC curve, Mann-Whitney's U over n·m). 0.5 says nothing, and of 2,000 against 2,000 equal
 * ones 95 in 100 runs lie within 0.5 ± 0.018. It is what a caller who sees one answer can know at best.
 *
 * A mailbox's refusal leaves on a beat (edge/beat.ts). Without it, of the objects that were cold the one that is open to
 * others was the slower of the two in 61 of 100 pairs.
 *
 * Callers without a valid token never get past the edge, so the mailbox is not woken. For those whose token was valid
 * once, each mailbox is asked once after the relay has started anew: its object is cold. One that never opened never
 * gave a token; here the relay's secret makes one, as nobody else could.
 *
 * Whichever object is called for the first time makes its file then, which takes longer: so there are two kinds that
 * never opened, one that was called before, as the others were, and one that was not.
 *
 * It ends with an error when there is more than one answer, or a share further from 0.5 than {@link BOUND}.
 */
import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { buildRelay, startRelay } from "../../src/local/built-relay.ts";
import { anyEnvelope, currentNoticeHash, RawDevice } from "../scenario/raw-device.ts";
import { printLine, printTimes } from "./measure.ts";

const SAMPLES = Number(process.argv[2] ?? 2000);
/**
 * What a share may be away from 0.5: whoever guesses which of two mailboxes it is, by an answer of each, is right in 55
 * of 100 cases at most. Wider than chance at 2,000 samples, so that one comparison of twelve beyond that is no alarm.
 */
const BOUND = 0.05;

/** Two standard errors of the statistic for equal distributions: sqrt((n + m + 1) / 12nm). */
const CHANCE = 1.96 * Math.sqrt((2 * SAMPLES + 1) / (12 * SAMPLES * SAMPLES));

interface Target {
  readonly kind: string;
  readonly address: string;
  readonly token: string;
}

const state = await mkdtemp(join(tmpdir(), "restante-bench-"));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let port = 0;

async function onRelay<T>(work: (origin: string) => Promise<T>): Promise<T> {
  const relay = await startRelay({ state, port, vars: {} });
  port = Number(new URL(relay.origin).port);
  try {
    return await work(relay.origin);
  } finally {
    await relay.stop();
  }
}

/** Status, headers and bytes of one deposit, and how long they took to come. Each caller is another, so no rate limit is met. */
function ask(origin: string, { address, token }: Target): Promise<{ bytes: string; ms: number }> {
  const body = anyEnvelope();
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const call = request(
      `${origin}/v1/mailboxes/${address}/messages`,
      {
        ...{ method: "POST", agent },
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": "application/octet-stream",
          "content-length": body.length,
          "cf-connecting-ip": [10, ...randomBytes(3)].join("."),
          ttl: "60",
        },
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () =>
          resolve({
            ms: performance.now() - began,
            bytes: JSON.stringify([
              answer.statusCode,
              Object.entries(answer.headers).filter(([name]) => name !== "date"),
              Buffer.concat(parts).toString(),
            ]),
          }),
        );
      },
    );
    call.on("error", reject).end(body);
  });
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((one) => ({ one, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/** How often `a` takes longer than `b`. Both sorted. */
function longerShare(a: readonly number[], b: readonly number[]): number {
  let [below, upTo, sum] = [0, 0, 0];
  for (const time of a) {
    while (below < b.length && (b[below] ?? 0) < time) below++;
    while (upTo < b.length && (b[upTo] ?? 0) <= time) upTo++;
    sum += (below + upTo) / 2;
  }
  return sum / (a.length * b.length);
}

/** @returns whether the kinds can't be told apart */
async function compare(title: string, targets: readonly Target[]): Promise<boolean> {
  const times = new Map<string, number[]>();
  const bytes = new Set<string>();
  await onRelay(async (origin) => {
    for (let warm = 0; warm < 200; warm++)
      await ask(origin, { kind: "", address: new RawDevice(origin).address, token: "x" });
    for (const target of shuffled(targets)) {
      const answer = await ask(origin, target);
      bytes.add(answer.bytes);
      times.set(target.kind, [...(times.get(target.kind) ?? []), answer.ms]);
    }
  });
  console.log(`\n${title}`);
  printLine("distinct answers, by status, headers and bytes", String(bytes.size));
  let alike = bytes.size === 1;
  const kinds = [...times].map(([kind, list]) => ({ kind, sorted: list.sort((a, b) => a - b) }));
  for (const { kind, sorted } of kinds) printTimes(`${kind} (${sorted.length})`, sorted);
  for (const [i, one] of kinds.entries())
    for (const other of kinds.slice(i + 1)) {
      const share = longerShare(one.sorted, other.sorted);
      const away = Math.abs(share - 0.5);
      const verdict =
        away <= CHANCE ? "within chance" : away <= BOUND ? "within the bound" : "BEYOND THE BOUND";
      alike &&= away <= Math.max(BOUND, CHANCE);
      printLine(
        `${one.kind} longer than ${other.kind}`,
        share.toFixed(3),
        `0.5 ± ${CHANCE.toFixed(3)}`,
        verdict,
      );
    }
  return alike;
}

/** Devices are made so many at a time: the relay is not what is measured yet. */
const AT_ONCE = 16;

async function many(make: () => Promise<Target>): Promise<Target[]> {
  const made: Target[] = [];
  while (made.length < SAMPLES) made.push(...(await Promise.all(Array.from({ length: AT_ONCE }, make))));
  return made.slice(0, SAMPLES);
}

/** Asked once: it is the same for all, and each question counts for the caller's rate limit. */
let noticeHash: Uint8Array | undefined;

/** One that agreed, and then did what closes the mailbox to whoever has its first token. */
async function closed(origin: string, kind: string, method: string, path: string): Promise<Target> {
  const device = new RawDevice(origin);
  const headers = { "cf-connecting-ip": [10, ...randomBytes(3)].join(".") };
  noticeHash ??= await currentNoticeHash(origin);
  const json = await device.statement({ noticeHash });
  const granted = await device.signed("POST", "/v1/consents", { json, headers });
  const { deliveryToken } = (await granted.json()) as { deliveryToken: string };
  const done = await device.signed(method, path, { headers });
  if (!done.ok) throw new Error(`${kind}: ${await done.text()}`);
  return { kind, address: device.address, token: deliveryToken };
}

/** As the relay would make it under its root of 32 zero octets (docs/protocol.md, secrets/derived.ts). */
function tokenFor(address: string): string {
  const info = "restante/secret/1\0delivery-token";
  const key = Buffer.from(hkdfSync("sha256", Buffer.alloc(32), "", info, 32));
  const epoch = randomBytes(16);
  const field = (octets: Buffer) => Buffer.concat([Buffer.from([octets.length >> 8, octets.length]), octets]);
  const base = [Buffer.from("restante/delivery/1\0"), field(Buffer.from(address)), field(epoch)];
  const mac = createHmac("sha256", key).update(Buffer.concat(base)).digest();
  return Buffer.concat([Buffer.from([1]), epoch, mac]).toString("base64url");
}

console.log(
  `npm run bench:equal-answers\n${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}`,
);
try {
  await buildRelay();
  const unopened = (kind: string) => {
    const { address } = new RawDevice("http://127.0.0.1");
    return { kind, address, token: tokenFor(address) };
  };
  const { withdrawn, rotated, never } = await onRelay(async (origin) => ({
    withdrawn: await many(() => closed(origin, "withdrawn", "DELETE", "/v1/consents/current")),
    rotated: await many(() => closed(origin, "open, token rotated", "POST", "/v1/mailbox/delivery-token")),
    never: await many(async () => {
      const target = unopened("never opened");
      await ask(origin, target);
      return target;
    }),
  }));
  const unheard = await many(async () => unopened("never opened nor called"));
  const everyone = [...withdrawn, ...rotated, ...never, ...unheard];
  const forged = everyone.map((target) => ({ ...target, token: randomBytes(49).toString("base64url") }));
  const alike = [
    await compare("Without a valid token: answered at the edge", forged),
    await compare("With a token that was valid once, object cold", everyone),
  ];
  if (alike.includes(false)) process.exitCode = 1;
} finally {
  agent.destroy();
  await rm(state, { recursive: true, force: true });
}
