/** All trouble is over: everybody reads and answers until nothing is on its way any more. */
import { ask, flush, read } from "./doing.ts";
import type { World } from "./world.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** What waits on purpose, or for a second try, is due by then. */
const WAITS = [10 * SECOND, 10 * SECOND, 10 * SECOND, 11 * MINUTE];
const ROUNDS = 24;

export async function settle(world: World): Promise<void> {
  world.post.catchUp();
  for (let round = 0; round < ROUNDS; round++) {
    for (const phone of world.phones) {
      await read(world, phone, Number.POSITIVE_INFINITY);
      await flush(phone);
    }
    world.noteMembers();
    if (world.business.length === 0) {
      for (const phone of world.phones) await ask(world, phone);
      return;
    }
    world.pass(WAITS[round % WAITS.length] ?? 0);
  }
  throw new Error(`not settled after ${ROUNDS} rounds: ${world.business.join(", ")}`);
}
