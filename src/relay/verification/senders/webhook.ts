/**
 * A service of the operator's own that sends the SMS. Requests are signed as Standard Webhooks 1.0.0 says, symmetric:
 * HMAC-SHA256 over `id.timestamp.body`, under a secret of 24 to 64 octets, in base64 after `whsec_`.
 *
 *     {"type":"verification.code","timestamp":"2026-11-25T12:00:00.000Z","data":{"number":"+…","code":"123456","lifetimeSeconds":600}}
 *
 * Any 2xx says that the code is on its way. It is not sent twice: nobody waits for a second one.
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64, encodeBase64url } from "../../../protocol/base64url.ts";
import { CODE_LIFE } from "../../../protocol/limits.ts";
import { post, unexpected } from "./post.ts";
import { type CodeSender, SenderNotConfigured } from "./sender.ts";
import { setting, urlSetting } from "./settings.ts";

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const [MIN_SECRET_SIZE, MAX_SECRET_SIZE] = [24, 64];
const ID_SIZE = 16;

/** @throws SenderNotConfigured */
export function webhookSender(env: Env): CodeSender {
  const url = urlSetting(env, "WEBHOOK_URL");
  const secret = readSecret(setting(env, "WEBHOOK_SECRET"));
  return {
    async send(number, code) {
      const now = new Date();
      const id = `msg_${encodeBase64url(crypto.getRandomValues(new Uint8Array(ID_SIZE)))}`;
      const timestamp = String(Math.floor(now.getTime() / 1000));
      const body = JSON.stringify({
        type: "verification.code",
        timestamp: now.toISOString(),
        data: { number, code, lifetimeSeconds: CODE_LIFE / 1000 },
      });
      const signature = hmac(sha256, secret, utf8ToBytes(`${id}.${timestamp}.${body}`));
      const headers = {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,${encodeBase64(signature)}`,
      };
      const answer = await post(url, headers, body);
      if (answer.status < 200 || answer.status > 299) throw unexpected(answer);
      return {};
    },
  };
}

function readSecret(text: string): Uint8Array {
  const encoded = SECRET.exec(text)?.[1];
  const secret = encoded === undefined ? undefined : decode(encoded);
  if (secret === undefined || secret.length < MIN_SECRET_SIZE || secret.length > MAX_SECRET_SIZE)
    throw new SenderNotConfigured("WEBHOOK_SECRET: whsec_ and 24 to 64 octets in base64 expected");
  return secret;
}

function decode(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
