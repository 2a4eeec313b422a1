/** What a message costs on either side: its cryptography alone, and with its transaction in a vault in memory. */
import { openMessage, sealMessage } from "../../src/client/channel/message.ts";
import { step } from "../../src/client/channel/ratchet.ts";
import { ENVELOPE_HEADER_SIZE } from "../../src/protocol/envelope.ts";
import { acquainted, actor, open, sealOne } from "../client/channel/scene.ts";
import { printTimes, timesOf } from "./measure.ts";

/** Within what a founder seals unanswered. */
const MESSAGES = 120;
const AIM_MS = 0.1;
const CLASSES = [
  { name: "2 KiB", size: 2048, body: "x".repeat(500) },
  { name: "64 KiB", size: 65_536, body: "x".repeat(60_000) },
] as const;

export async function benchMessages(): Promise<void> {
  for (const { name, size, body } of CLASSES) {
    await benchCryptography(name, size, new TextEncoder().encode(body));
    const [one, two] = [await actor(0), await actor(1)];
    await acquainted(one, two);
    const envelopes: Uint8Array[] = [];
    const sealing = await timesOf(Array(MESSAGES).fill(body), async (text: string) => {
      envelopes.push((await sealOne(one, two, text)).bytes);
    });
    printTimes(`seal a message of ${name}, with its transaction`, sealing);
    if (envelopes.at(-1)?.length !== size) throw new Error("another size class");
    const opening = await timesOf(envelopes, async (envelope) => {
      const { outcome } = await open(two, envelope);
      if (outcome !== "opened") throw new Error(outcome);
    });
    printTimes(`open a message of ${name}, with its transaction`, opening);
  }
}

/** One step of the ratchet and one seal, as each side does for a message in order. */
async function benchCryptography(name: string, size: number, plaintext: Uint8Array): Promise<void> {
  const aim = size === CLASSES[0].size ? AIM_MS : undefined;
  const rounds = Array<number>(1000).fill(size);
  const sealed: Uint8Array[] = [];
  let chainKey = new Uint8Array(32);
  const sealing = await timesOf(rounds, () => {
    const keys = step(chainKey);
    sealed.push(sealMessage(keys, plaintext, size - ENVELOPE_HEADER_SIZE, size));
    chainKey = new Uint8Array(keys.nextChainKey);
  });
  printTimes(`cryptography of sealing ${name}`, sealing, aim);
  chainKey = new Uint8Array(32);
  const opening = await timesOf(sealed, (message) => {
    const keys = step(chainKey);
    if (openMessage(keys, message, size) === undefined) throw new Error("not opened");
    chainKey = new Uint8Array(keys.nextChainKey);
  });
  printTimes(`cryptography of opening ${name}`, opening, aim);
}
