/** Showing that a number is this device's: a one-time code comes by SMS, and the relay gives a proof for it. */
import { pathOf, ROUTES } from "../../protocol/routes.ts";
import { callWithNonce, type Session } from "../session.ts";
import { readProof, readVerification } from "./answers.ts";
import {
  changeOwnNumber,
  getOwnNumber,
  getVerification,
  putOwnNumber,
  putVerification,
  type Verification,
} from "./own-number.ts";
import { requirePurpose } from "./purpose.ts";

/** There is no code on its way, or what was given is none: nothing was sent. */
export class VerificationError extends Error {
  override readonly name = "VerificationError";
}

/** Digits of a code; those of some vendors are longer than ours. */
const CODE = /^[0-9]{4,10}$/;

/**
 * Has a code sent to the number by SMS. Asked for again before `resendAt`, the relay refuses (`resend-too-soon`).
 *
 * @param number E.164
 * @throws NumberPurposeError before anything leaves the device
 */
export async function requestCode(session: Session, number: string): Promise<Verification> {
  requirePurpose(session.vault, "number");
  const call = { method: "POST", path: ROUTES.verifications, json: { number } } as const;
  const verification = { ...readVerification(await callWithNonce<unknown>(session, call)), number };
  await session.vault.transaction((draft) => putVerification(draft, verification));
  return verification;
}

/**
 * Gives the code that came. Safe to repeat after a lost answer.
 *
 * @returns the number that is verified now
 * @throws NumberPurposeError, VerificationError; RelayProblem (`code-wrong`, `no-verification`)
 */
export async function submitCode(session: Session, text: string): Promise<string> {
  const { vault, platform } = session;
  requirePurpose(vault, "number");
  const verification = getVerification(vault);
  if (verification === undefined)
    throw new VerificationError("No code was asked for. Ask for one first, with your number.");
  const code = text.normalize("NFKC").replace(/[\s-]/g, "");
  if (!CODE.test(code))
    throw new VerificationError("A code has digits only. Type it as it stands in the SMS.");
  const { id, number } = verification;
  const path = pathOf(ROUTES.verification, { id });
  const call = { method: "POST", path, json: { number, code } } as const;
  const { proof, expires } = readProof(await callWithNonce<unknown>(session, call));
  await vault.transaction((draft) => {
    const known = getOwnNumber(draft);
    const proven = { proof, proofExpires: expires, verifiedAt: platform.now() };
    if (known?.number === number) changeOwnNumber(draft, proven);
    else putOwnNumber(draft, { number, ...proven, listed: false });
    putVerification(draft, undefined);
  });
  return number;
}
