/**
 * Blinded evaluation at the own relay, batch by batch, each with its proof checked against a key that is remembered:
 * a relay that used another key for one person could tell their look-ups apart from everybody else's.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { blind, finalize } from "../../protocol/voprf.ts";
import { RelayProtocolError } from "../relay-problem.ts";
import { callWithNonce, type Session } from "../session.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { type EvaluationKey, readEvaluations } from "./answers.ts";

const KEY = "evaluation-key/";

interface Evaluator {
  /** Names the keys in the vault. */
  readonly kind: "directory" | "introduction";
  readonly path: string;
  /** Elements in one call. */
  readonly batch: number;
}

/** @returns the outputs in the order of `inputs`. @throws RelayProtocolError when the relay's proof does not hold */
export async function evaluate(
  session: Session,
  { kind, path, batch }: Evaluator,
  key: EvaluationKey,
  inputs: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  await session.vault.transaction((draft) => pinKey(draft, kind, key));
  const outputs: Uint8Array[] = [];
  for (let at = 0; at < inputs.length; at += batch) {
    const blinded = inputs.slice(at, at + batch).map(blind);
    const json = { version: key.version, elements: blinded.map(({ element }) => encodeBase64url(element)) };
    const answer = await callWithNonce<unknown>(session, { method: "POST", path, json });
    const finalized = finalize(blinded, key.publicKey, readEvaluations(answer));
    if (finalized === undefined)
      throw new RelayProtocolError(
        "The relay's proof of its evaluation does not hold. Nothing of it was used.",
      );
    outputs.push(...finalized);
  }
  return outputs;
}

/** The first key that is seen under a version stays the only one. */
function pinKey(draft: VaultDraft, kind: string, { version, publicKey }: EvaluationKey): void {
  const name = `${KEY}${kind}/${version}`;
  const known = draft.get(name);
  if (known === undefined) draft.put(name, publicKey);
  else if (encodeBase64url(known) !== encodeBase64url(publicKey))
    throw new RelayProtocolError("The relay shows another key than before under the same version.");
}

export function forgetEvaluationKeys(draft: VaultDraft): void {
  for (const [name] of draft.list(KEY)) draft.delete(name);
}
