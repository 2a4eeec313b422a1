/** What a sender can ask of a recipient's mailbox over HTTP. */
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";

const newKey = () => encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));

/** Every call that a sender can make. */
export const CALLS: Record<string, (address: string) => { path: string; method: string; body?: null }> = {
  deposit: (address) => ({ method: "POST", path: pathOf(ROUTES.deposits, { address }) }),
  "revocable deposit": (address) => ({
    method: "PUT",
    path: pathOf(ROUTES.revocableDeposit, { address, key: newKey() }),
  }),
  "state of a deposit": (address) => ({
    method: "GET",
    path: pathOf(ROUTES.revocableDeposit, { address, key: newKey() }),
  }),
  revocation: (address) => ({
    method: "DELETE",
    path: pathOf(ROUTES.revocableDeposit, { address, key: newKey() }),
    body: null,
  }),
  "key claim": (address) => ({ method: "POST", path: pathOf(ROUTES.keyClaims, { address }), body: null }),
};
