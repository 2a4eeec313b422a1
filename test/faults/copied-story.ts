/**
 * A vault that is copied once, by somebody who from then on only listens. What Bo and his people write to each
 * other in a day puts the copy out: their channels end, the mailbox's keys are replaced, and texts carried new
 * ones. Each copy says which texts must be closed to who has it.
 */
import { Player, type Sdk } from "./player.ts";
import type { Copy, Told, World } from "./told.ts";
import { Wire } from "./wire.ts";

const HOUR = 60 * 60 * 1000;

export interface CopiedTold extends Told {
  /** What the last copy, from right after a key was given, opens: also texts of the day after. */
  readonly stillOpen: readonly string[];
}

/** @param world one where time can be moved */
export async function tellCopied(sdk: Sdk, world: World): Promise<CopiedTold> {
  const wire = new Wire(world.fetch, world.now);
  const pass = (hours: number) => world.pass?.(hours * HOUR);
  const [bo, ann, cat, dan, eve] = [
    await Player.join(sdk, wire, world.origin),
    await Player.join(sdk, wire, world.origin),
    await Player.join(sdk, wire, world.origin),
    await Player.join(sdk, wire, world.origin),
    await Player.join(sdk, wire, world.origin),
  ];
  for (const person of [ann, cat, dan, eve]) await person.device.add(bo.device.card());
  const handed: string[] = [];
  const read = async () => {
    handed.push(...(await bo.read()));
  };

  // The first day. Nothing was carried to Cat yet, who has written; Ann has a key of Bo's.
  await ann.send(bo, "ann 0");
  await cat.send(bo, "cat 0");
  await read();
  await bo.send(ann, "to ann 0");
  await bo.send(ann, "to ann 0 with a key");
  await ann.read();
  pass(1);
  const values = await bo.copy();
  // The last is what Bo sent since his last checkpoint: the chain key it came from is still on the medium.
  const open = ["ann 0 after the copy", "cat 0 after the copy", "to ann 0 with a key"];
  await ann.send(bo, "ann 0 after the copy");
  await cat.send(bo, "cat 0 after the copy");
  await read();

  // One exchange with Cat.
  await bo.send(cat, "to cat 0");
  await bo.send(cat, "to cat 0 with a key");
  await cat.read();

  // The next day's connection. With Ann, the exchange comes now.
  pass(25);
  await read();
  await bo.send(ann, "to ann 1");
  await bo.send(ann, "to ann 1 with a new key");
  await ann.read();
  const closed: string[] = [];
  const day = async (names: readonly [Player, string][]) => {
    for (const [person, name] of names) {
      pass(1);
      await person.send(bo, name);
      closed.push(name);
    }
    await read();
  };
  await day([
    [ann, "ann 1"],
    [ann, "ann 1 again"],
    [cat, "cat 1"],
    // A stranger until now, on the mailbox's keys.
    [dan, "dan 1"],
  ]);
  const copies: Copy[] = [{ label: "a day before", values, closed: [...closed] }];

  // Right after a key was given to Dan: there is no other for a day, and he founds on it, whatever they write until
  // then. The channel after that one is closed.
  await bo.send(dan, "to dan 1");
  await bo.send(dan, "to dan 1 with a key");
  await dan.read();
  const worst = await bo.copy();
  await dan.send(bo, "dan 1 after the copy");
  await read();
  await bo.send(dan, "to dan 1 after the copy");
  await dan.read();
  const stillOpen = ["dan 1 after the copy", "dan 2", "dan 2 again"];
  pass(25);
  await read();
  await day([
    [dan, "dan 2"],
    [dan, "dan 2 again"],
    [ann, "ann 2"],
    [eve, "eve 2"],
  ]);
  await bo.send(dan, "to dan 2");
  await bo.send(dan, "to dan 2 with a new key");
  await dan.read();
  pass(25);
  await read();
  await day([
    [dan, "dan 3"],
    [ann, "ann 3"],
    [cat, "cat 3"],
  ]);
  copies.push({ label: "a day before", values, closed });
  copies.push({
    label: "right after a key was given",
    values: worst,
    closed: ["ann 2", "eve 2", "dan 3", "ann 3", "cat 3"],
  });

  const known = { envelopes: wire.sent, publicKeys: wire.publicKeys, longest: 16 };
  const of = bo.address;
  for (const person of [bo, ann, cat, dan, eve]) await person.end();
  return { of, known, copies, early: { values, open }, handed, stillOpen };
}
