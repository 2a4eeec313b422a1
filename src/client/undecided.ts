/** Texts whose fate has become unknowable: their recipient lost its state, or their author was unlinked. */
import { decodeBase64url } from "../protocol/base64url.ts";
import { closeOutgoing, getOutgoing } from "./channel/outgoing.ts";
import { dropQueued, listQueued } from "./queue.ts";
import { listSent, type Piece, putSent } from "./sent.ts";
import type { VaultDraft } from "./vault/vault.ts";

/** What is said of a text that a device may have been handed when it could not open it. */
export const UNKNOWABLE = { state: "undecided", unknowable: true } as const;

/**
 * The device lost its state: what it had not opened by then, it never will, and which that was can't be told, for
 * "delivered" only says that it took the envelope. What it has named itself, inside its own channel, it did open.
 *
 * @returns ids of the texts that are undecided now and were not before
 */
export function markUndecided(draft: VaultDraft, device: string): string[] {
  const outgoing = getOutgoing(draft, device);
  const isOpened = ({ state, channelId, position }: Piece) =>
    state === "delivered" &&
    outgoing?.answered === true &&
    channelId !== undefined &&
    decodeBase64url(channelId)?.every((octet, i) => octet === outgoing.channelId[i]) === true &&
    (position ?? 0) <= outgoing.confirmed;
  return listSent(draft).flatMap((sent) => {
    let changed = false;
    const pieces = sent.pieces.map((piece): Piece => {
      const open = piece.state === "held" || piece.state === "delivered";
      if (piece.device !== device || !open || isOpened(piece) || sent.receipts?.[piece.person]) return piece;
      changed = true;
      return { ...piece, ...UNKNOWABLE };
    });
    if (!changed) return [];
    return putSent(draft, { ...sent, pieces }).state === "undecided" ? [sent.id] : [];
  });
}

/**
 * This device was unlinked, and learns of it late: who knew before did not take what it wrote in the person's name,
 * nor a channel whose founding carried such a text. So all are founded anew.
 *
 * @returns ids of the texts that are undecided now and were not before
 */
export function markUnlinked(draft: VaultDraft): string[] {
  const texts = listQueued(draft).flatMap(([, queued]) => (queued.piece === undefined ? [] : [queued]));
  const unfounded = new Set(texts.filter(({ position }) => position === 0).map(({ channelId }) => channelId));
  const given = dropQueued(
    draft,
    ({ piece, channelId }) => piece !== undefined || unfounded.has(channelId),
    UNKNOWABLE,
  );
  const devices = new Set(listSent(draft).flatMap(({ pieces }) => pieces.map(({ device }) => device)));
  const marked = [...devices].flatMap((device) => markUndecided(draft, device));
  for (const device of devices) closeOutgoing(draft, device);
  const undecided = given.flatMap(({ id, state }) => (state === "undecided" ? [id] : []));
  return [...new Set([...undecided, ...marked])];
}
