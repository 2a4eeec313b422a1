/**
 * Texts on their way to Bo, with all that can go wrong on it, and copies of his vault as they could be made: at
 * the moments when acknowledgements leave, and after. Each copy says which texts must be closed to who has it.
 */

import { Player, type Sdk, type Sending } from "./player.ts";
import type { Copy, Told, World } from "./told.ts";
import { Wire } from "./wire.ts";

/** No channel of a story has more messages. */
const LONGEST = 16;
const MINUTE = 60 * 1000;
const DAY = 24 * 60 * MINUTE;

export async function tellAcknowledged(sdk: Sdk, world: World): Promise<Told> {
  const wire = new Wire(world.fetch, world.now);
  const copies: Copy[] = [];
  /** By envelope. */
  const texts = new Map<string, string>();
  const acknowledged = new Set<string>();
  /** Acknowledged and still sealed: their founding has not come. Or on a last-resort key that has not ended. */
  const excepted = new Set<string>();

  const closed = () => [...acknowledged].filter((name) => !excepted.has(name));
  const keep = async (label: string) => {
    copies.push({ label, values: await bo.copy(), closed: closed() });
  };
  const bo: Player = await Player.join(sdk, wire, world.origin, async (envelopes) => {
    await world.look?.();
    const names = envelopes.flatMap((envelope) => texts.get(envelope) ?? []);
    for (const name of names) acknowledged.add(name);
    await keep(`as ${names.join(", ")} left`);
  });
  const [ann, cat, dan] = [
    await Player.join(sdk, wire, world.origin),
    await Player.join(sdk, wire, world.origin),
    await Player.join(sdk, wire, world.origin),
  ];
  for (const person of [ann, cat, dan]) await person.device.add(bo.device.card());

  const send = async (from: Player, name: string, options: Sending = {}) => {
    world.pass?.(MINUTE);
    const envelopes = await from.send(bo, name, options);
    const last = envelopes.at(-1);
    if (last !== undefined) texts.set(last, name);
    return envelopes;
  };
  const sendInParts = async (from: Player, name: string) => {
    const envelopes = await from.send(bo, name, { length: 150_000 });
    envelopes.forEach((envelope, part) => {
      texts.set(envelope, `${name} ${part}`);
    });
    return envelopes;
  };
  const withhold = async (from: Player, name: string) => {
    const envelopes = await send(from, name);
    for (const envelope of envelopes) wire.withheld.add(envelope);
    return () => {
      for (const envelope of envelopes) wire.withheld.delete(envelope);
    };
  };
  const handed: string[] = [];
  const read = async () => {
    handed.push(...(await bo.read()));
  };

  // In order.
  for (const name of ["first", "second", "third"]) await send(ann, name);
  const early = await bo.copy();
  await read();
  await bo.send(ann, "an answer");
  await ann.read();

  // A gap before; one text of it comes late, one never.
  const releaseLate = await withhold(ann, "late");
  await withhold(ann, "lost");
  await send(ann, "after the gap 1");
  await send(ann, "after the gap 2", { ttlSeconds: 3600 });
  await read();
  releaseLate();
  await read();

  // A gap after, revocable texts, and a device that dies between its steps.
  await send(ann, "revocable", { revocable: true });
  await withhold(ann, "not yet");
  await bo.dieBeforeCheckpoint();
  await read();
  await send(ann, "before the second death");
  await bo.dieAtAcknowledgement();
  await read();

  // Messages that overtake their founding.
  const releaseFounding = await withhold(cat, "founding of cat's");
  excepted.add("overtakes");
  await send(cat, "overtakes");
  await read();
  releaseFounding();
  excepted.delete("overtakes");
  await read();

  // An app that stops without having finished, and finishes later.
  await send(ann, "unfinished 1");
  await send(cat, "unfinished 2");
  handed.push(...(await bo.read(true)));
  await keep("while the app has not finished");
  await read();

  // Texts in parts, of one of which a part is missing.
  await sendInParts(cat, "whole");
  const [, missing = ""] = await sendInParts(cat, "in parts");
  wire.withheld.add(missing);
  await read();

  // The last-resort key.
  await useUp(bo, world);
  excepted.add("on the last resort");
  await send(dan, "on the last resort");
  await read();

  // The app is done with all.
  await send(ann, "last");
  await read();
  await keep("afterwards");
  const open = [...texts.values()];

  if (world.pass !== undefined) {
    world.pass(22 * DAY);
    excepted.clear();
    // What never came is gone with its keys.
    for (const name of ["lost", "not yet", "in parts 1"]) acknowledged.add(name);
    await read();
    await keep("when all keys have ended");
  }

  // A copy of the vault from an earlier run is put back and opened by its device. One from the same run, and from
  // within the minute that a claim counts, it would not know for one (session.ts).
  const putBack = await bo.backUp();
  await bo.restart();
  await send(ann, "before the restoration");
  await read();
  await putBack();
  await read();
  await keep("after the restoration");

  const people = [bo, ann, cat, dan];
  const known = {
    envelopes: wire.sent,
    publicKeys: wire.publicKeys,
    names: texts,
    longest: LONGEST,
  };
  const of = bo.address;
  for (const person of people) await person.end();
  return { of, known, copies, early: { values: early, open }, handed };
}

/** Claims one-time keys until only the last-resort key is left. */
async function useUp({ address, token }: Player, { origin, fetch }: World): Promise<void> {
  for (let i = 0; i < 64; i++) {
    const response = await fetch(`${origin}/v1/mailboxes/${address}/one-time-keys/claims`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    });
    const { lastResort } = (await response.json()) as { lastResort: boolean };
    if (lastResort) return;
  }
  throw new Error("no last-resort key");
}
