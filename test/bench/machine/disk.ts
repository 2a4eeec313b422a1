/** How long this disk takes to make 4 KiB durable: what every answer "held" waits for at least. */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";

const TRIES = 60;

/** Median, ms. */
export async function fsyncTime(folder: string): Promise<number> {
  const path = join(folder, "fsync");
  const file = await open(path, "w");
  const times: number[] = [];
  for (let i = 0; i < TRIES; i++) {
    await file.write(Buffer.alloc(4096, i));
    const before = performance.now();
    await file.datasync();
    times.push(performance.now() - before);
  }
  await file.close();
  await rm(path);
  return times.sort((a, b) => a - b)[TRIES / 2] ?? 0;
}
