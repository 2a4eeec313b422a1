/** A schedule from its beginning to its end, and what was wrong then. */
import { Player } from "./player.ts";
import type { Step } from "./schedule.ts";
import { Chance } from "./seeded.ts";
import { settle } from "./settling.ts";
import { untruths } from "./truth.ts";
import { type Layout, type Stage, World } from "./world.ts";

export const LAYOUTS: readonly Layout[] = [
  [1, 1],
  [2, 1],
  [1, 1, 1],
  [3, 1],
  [2, 2],
  [2, 1, 1],
];

const stages = new Map<number, Promise<Stage>>();

/**
 * @param layout one of {@link LAYOUTS}, by its place
 * @param seed of everything that the devices and the network leave to chance
 * @returns nothing when all is well
 * @throws what a device must not fail with, or what the instrument or the ledger saw that must not be
 */
export async function play(layout: number, seed: number, steps: readonly Step[]): Promise<string[]> {
  return playOn(await stageOf(layout), seed, steps);
}

/**
 * The same on a stage that is there already.
 *
 * @public to the mutated copies, which are imported by path
 */
export async function playOn(stage: Stage, seed: number, steps: readonly Step[]): Promise<string[]> {
  const world = await World.from(stage, new Chance("play", seed));
  const player = new Player(world);
  for (const step of steps) await player.take(step);
  await settle(world);
  return [...world.sealedOnce.broken, ...untruths(world)];
}

/** Made once and begun from again and again: keys take their time. */
export function stageOf(layout: number): Promise<Stage> {
  const known = stages.get(layout) ?? World.prepare(LAYOUTS[layout] ?? [], new Chance("stage", layout));
  stages.set(layout, known);
  return known;
}
