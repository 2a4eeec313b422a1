/** What a founding costs on either side, with devices that never met in this process and with such that did. */
import { DAY } from "../../src/protocol/limits.ts";
import { type Actor, actor, claim, open, START, trySeal } from "../client/channel/scene.ts";
import { printTimes, timesOf } from "./measure.ts";

const PAIRS = 120;
const AIM_MS = 5;

interface Pair {
  readonly founder: Actor;
  readonly recipient: Actor;
  founding: Uint8Array;
}

export async function benchFoundings(): Promise<void> {
  const pairs: Pair[] = [];
  for (let i = 0; i < PAIRS; i++)
    pairs.push({ founder: await actor(0), recipient: await actor(2), founding: new Uint8Array() });
  await benchRound("first contact", pairs, START);
  // After a day of use a channel is founded anew.
  await benchRound("met before", pairs, START + 2 * DAY);
}

async function benchRound(which: string, pairs: readonly Pair[], now: number): Promise<void> {
  const sealing = await timesOf(pairs, async (pair) => {
    const { founder, recipient } = pair;
    const sealed = await trySeal(founder, recipient, "hello", { now, claimed: claim(recipient) });
    const [envelope] = sealed.outcome === "sealed" ? sealed.envelopes : [];
    if (envelope?.position !== 0) throw new Error("no founding");
    pair.founding = envelope.bytes;
  });
  printTimes(`seal a founding, ${which}`, sealing, AIM_MS);
  const opening = await timesOf(pairs, async ({ recipient, founding }) => {
    const { outcome } = await open(recipient, founding, now);
    if (outcome !== "opened") throw new Error(outcome);
  });
  printTimes(`open a founding, ${which}`, opening, AIM_MS);
}
