/** Taking the envelopes of one text back, each with the relay's verified proof. */
import { decodeBase64url } from "../../protocol/base64url.ts";
import { contentsOf, conversationBetween } from "../addressing.ts";
import { askState, revokeDeposit } from "../deposit.ts";
import { addErrand } from "../errands.ts";
import type { Outbox } from "../outbox.ts";
import { personOf } from "../people/persons.ts";
import { reachOf } from "../people/reaching.ts";
import { dropQueued } from "../queue.ts";
import { isTransient, RelayProblem, RelayProtocolError } from "../relay-problem.ts";
import { getSent, type Piece, putPiece, type Sent } from "../sent.ts";
import type { Session } from "../session.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { getFallback, putFallback, type UndecidedReason } from "./fallback.ts";
import type { RelayKeys } from "./revocation-proof.ts";

/** What came of asking: `later` when the same may succeed another time, a reason when it never will. */
export type TakenBack = "asked" | "later" | UndecidedReason;

/**
 * Asks first, when there are several, whether one was delivered: then the others stay where they are, for the
 * person's other devices. Then takes back what is not known to be delivered.
 */
export async function takeBack(
  session: Session,
  outbox: Outbox,
  keys: RelayKeys,
  id: string,
  pieces: readonly number[],
): Promise<TakenBack> {
  if (pieces.length > 1) {
    for (const index of pieces) if (await isDelivered(session, id, index)) return "asked";
  }
  const outcomes = await Promise.all(
    pieces.map((index) => {
      const device = getSent(session.vault, id)?.pieces[index]?.device ?? "";
      return outbox.inTurn(device, () => takeBackPiece(session, keys, id, index));
    }),
  );
  const final = outcomes.find((outcome) => outcome !== "asked" && outcome !== "later");
  return final ?? outcomes.find((outcome) => outcome === "later") ?? "asked";
}

/** By the relay's word; one that does not answer is asked again when the text is taken back. */
async function isDelivered(session: Session, id: string, index: number): Promise<boolean> {
  const piece = getSent(session.vault, id)?.pieces[index];
  if (piece?.key === undefined || piece.state !== "held") return false;
  try {
    const outcome = await askState(session, piece.device, piece.key);
    if (outcome.state !== "delivered") return false;
    await session.vault.transaction((draft) => putPiece(draft, id, index, outcome));
    return true;
  } catch (error) {
    if (error instanceof RelayProblem || isTransient(error) || error instanceof RelayProtocolError)
      return false;
    throw error;
  }
}

async function takeBackPiece(
  session: Session,
  keys: RelayKeys,
  id: string,
  index: number,
): Promise<TakenBack> {
  const { vault } = session;
  const piece = getSent(vault, id)?.pieces[index];
  if (piece?.state === "delivered" || piece?.state === "refused") return "asked";
  const reach = piece && reachOf(vault, piece.device);
  if (piece?.key === undefined || reach === undefined) return "refused";
  const { device, key } = piece;
  // Not one more try of the deposit leaves this device; one on its way meets the mark.
  await vault.transaction((draft) =>
    dropQueued(draft, (queued) => queued.piece?.textId === id && queued.piece.index === index, {}),
  );
  try {
    const outcome = await revokeDeposit(session, device, key);
    if (outcome.state === "delivered") return await noteDelivered(session, id, index, piece);
    await keys.verify(reach.relay, outcome.proof ?? "", { address: device, key });
    await vault.transaction((draft) => {
      putPiece(draft, id, index, outcome);
      const fallback = getFallback(draft, id);
      if (fallback !== undefined) putFallback(draft, { ...fallback, proven: [...fallback.proven, index] });
    });
    return "asked";
  } catch (error) {
    if (isTransient(error) || error instanceof RelayProtocolError) return "later";
    if (!(error instanceof RelayProblem)) throw error;
    // Room for the marks of keys that the mailbox never saw ends, and comes again.
    return error.code === "mailbox-full" ? "later" : "refused";
  }
}

/** A device that lost its state took it before, perhaps without being able to open it. */
async function noteDelivered(
  { vault }: Session,
  id: string,
  index: number,
  piece: Piece,
): Promise<TakenBack> {
  if (piece.state === "undecided") return "state-lost";
  await vault.transaction((draft) => putPiece(draft, id, index, { state: "delivered" }));
  return "asked";
}

/** One device was faster than the revocation, another was not: it gets the text all the same, under the same id. */
export function sendToOthers(
  { identity, platform }: Session,
  draft: VaultDraft,
  { id: textId, pieces }: Sent,
  to: string,
  text: string,
): void {
  const own = personOf(draft, identity.address.text);
  const id = decodeBase64url(textId);
  if (id === undefined) return;
  for (const { state, device } of pieces)
    if (state === "revoked")
      for (const content of contentsOf({ id, ...conversationBetween(own, to), revocable: false }, text))
        addErrand(draft, device, content, platform.now());
}
