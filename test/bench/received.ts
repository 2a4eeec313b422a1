/** What 10,000 received messages do to a vault on disk, and what its writes take then. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePool } from "../../src/client/channel/pool.ts";
import { FileVault } from "../../src/client/vault/file.ts";
import { type Actor, actor, open, START, seal } from "../client/channel/scene.ts";
import { printLine, printTimes } from "./measure.ts";

/** Each sends no more than fits its recipient's look-ahead, for nobody answers here. */
const SENDERS = 100;
const MESSAGES_EACH = 100;

/** Checkpoints destroy used keys, one a batch. */
const BATCH = 50;

export async function benchReceived(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "restante-bench-"));
  try {
    await fillVault(join(directory, "vault"));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function fillVault(path: string): Promise<void> {
  const vault = await FileVault.open(path, { key: new Uint8Array(randomBytes(32)) });
  const { identity } = await actor(0);
  const transactions: number[] = [];
  const checkpoints: number[] = [];
  for (let sender = 0; sender < SENDERS; sender++) {
    const pool = await vault.transaction((draft) => makePool(draft, identity, START, 1));
    const recipient: Actor = { identity, vault, pool };
    for (const [i, envelope] of (await sealMany(recipient)).entries()) {
      const opening = await timed(async () => {
        const { outcome } = await open(recipient, envelope);
        if (outcome !== "opened") throw new Error(outcome);
      });
      if (i > 0) transactions.push(opening);
      if ((i + 1) % BATCH === 0) checkpoints.push(await timed(() => vault.checkpoint()));
    }
  }
  const { size } = await stat(path);
  await vault.close();
  const messages = SENDERS * MESSAGES_EACH;
  printLine(`vault after ${messages} messages of ${SENDERS} senders`, `${Math.round(size / 1024)} KiB`);
  const byTime = (times: number[]) => times.sort((a, b) => a - b);
  printTimes("open a message in it, its transaction synced to disk", byTime(transactions.slice(-1000)));
  printTimes("checkpoint of it", byTime(checkpoints.slice(-20)));
}

async function sealMany(recipient: Actor): Promise<Uint8Array[]> {
  const from = await actor(0);
  const envelopes: Uint8Array[] = [];
  for (let i = 0; i < MESSAGES_EACH; i++)
    for (const { bytes } of await seal(from, recipient, `message ${i}`)) envelopes.push(bytes);
  return envelopes;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
