/** What must be true when all is settled. */
import { personOf } from "../../src/client/people/persons.ts";
import { getSent, type Piece } from "../../src/client/sent.ts";
import { nameOf, type Written } from "./ledger.ts";
import type { Phone } from "./phone.ts";
import type { World } from "./world.ts";

/** Each with the text and the device it is about. Nothing when all is well. */
export function untruths(world: World): string[] {
  return [...world.ledger.written.values()].flatMap((written) => {
    const author = world.phone(written.from);
    const direct = piecesOf(author, written);
    const devices = new Set([...written.should, ...direct.map(({ device }) => device)]);
    return [...devices].flatMap((device) => {
      const pieces = direct.filter((piece) => piece.device === device);
      const wrong =
        pieces.length > 0 ? aboutPieces(world, written, device, pieces) : aboutCopy(world, written, device);
      return wrong === undefined
        ? []
        : [`${nameOf(written)} for ${world.phone(device).name} by ${author.name}: ${wrong}`];
    });
  });
}

/** What the author was last told. */
function piecesOf({ vault, sent }: Phone, { told }: Written): readonly Piece[] {
  return typeof told === "object" ? (getSent(vault, told.id) ?? sent.get(told.id) ?? told).pieces : [];
}

/** A device that the author wrote to: it has the text, or the author knows that it may not. */
function aboutPieces(
  world: World,
  written: Written,
  device: string,
  pieces: readonly Piece[],
): string | undefined {
  const { ledger } = world;
  const states = new Set(pieces.map(({ state }) => state));
  const isHanded = ledger.wasHanded(device, written.body);
  if (isHanded) {
    for (const state of ["refused", "revoked", "expired"] as const)
      if (states.has(state)) return `handed, though told ${state}`;
    return isOver(world, written, device) ? undefined : "handed, and then never again";
  }
  if (states.has("queued")) return world.lostState.has(written.from) ? undefined : "still queued";
  if (![...states].every((state) => state === "held" || state === "delivered")) return undefined;
  // It asked for that itself, did not hear of it, and asked nobody before the relay forgot.
  const id = typeof written.told === "object" ? written.told.id : "";
  if (written.revoking && getSent(world.phone(written.from).vault, id) === undefined) return undefined;
  // Who has lost its own state as well can't tell that a founding is not the other's first.
  if (world.lostUnheard.has(`${device} ${written.from}`)) return undefined;
  if (world.lostState.has(device) && world.lostState.has(written.from)) return undefined;
  if (missedLostState(world, written.from, device)) return undefined;
  if (ledger.wasLostUnread(device, written) || isLostOnItsWay(world, written, device, id)) return undefined;
  return `never handed, though told ${[...states]}`;
}

/** A device that gets it from another of its owner's. */
function aboutCopy(world: World, written: Written, device: string): string | undefined {
  const { ledger, lostState, sealedOnce, post } = world;
  if (typeof written.told !== "object") return undefined;
  if (ledger.wasHanded(device, written.body))
    return isOver(world, written, device) ? undefined : "a copy handed, and then never again";
  const owner = world.people[world.personOf(world.phone(device))] ?? [];
  const own = owner.map(({ address }) => address);
  if (!world.isLinked(world.phone(device))) return undefined;
  // An own copy is taken from the owner's devices only: of one unlinked since, it comes too late.
  if (written.unlinked && own.includes(written.from)) return undefined;
  if ([...own, written.from].some((one) => lostState.has(one))) return undefined;
  // From one of these it comes, and by another they learned that they belong together.
  const isLost = sealedOnce.sealed.some(
    ({ tag, from, to }) =>
      post.lost.has(tag) && own.includes(to) && (own.includes(from) || from === written.from),
  );
  const first = owner.at(0)?.address ?? "";
  if (
    isLost ||
    (written.from !== first && !own.includes(written.from) && !ledger.wasHanded(first, written.body))
  )
    return undefined;
  return "no copy was handed";
}

/** The app has finished with it, or can't any more. */
function isOver({ ledger }: World, written: Written, device: string): boolean {
  return ledger.isFinished(device, written.body) || ledger.wasLostUnread(device, written);
}

/** The relay dropped it, or its time ended there: or that of what was needed to open it. */
function isLostOnItsWay(world: World, written: Written, device: string, id: string): boolean {
  const { sealed } = world.sealedOnce;
  const lost = (tag: string) => world.post.lost.has(tag);
  if (missedItsPerson(world, device)) return true;
  const own = sealed.filter(({ to, textId }) => to === device && textId === id);
  const channels = new Set(own.map(({ channelId }) => channelId));
  return sealed.some(
    ({ tag, to, channelId, position, textId, introduces }) =>
      to === device &&
      lost(tag) &&
      (textId === id ||
        (position === 0 && channels.has(channelId)) ||
        (introduces !== undefined && introduces === written.conversation)),
  );
}

/** The relay dropped what would have told it to whom it belongs: what is written to that person, it does not take. */
function missedItsPerson(world: World, device: string): boolean {
  const phone = world.phone(device);
  const own = (world.people[world.personOf(phone)] ?? []).map(({ address }) => address);
  return (
    world.isLinked(phone) &&
    personOf(phone.vault, device) !== own[0] &&
    world.sealedOnce.sealed.some(
      ({ tag, from, to }) => to === device && own.includes(from) && world.post.lost.has(tag),
    )
  );
}

/** The relay dropped the founding by which the device told the author that its state was lost. */
function missedLostState({ lostState, post, sealedOnce }: World, author: string, device: string): boolean {
  const since = lostState.get(device);
  return (
    since !== undefined &&
    sealedOnce.sealed
      .slice(since)
      .some(
        ({ tag, from, to, position }) =>
          from === device && to === author && position === 0 && post.lost.has(tag),
      )
  );
}
