/**
 * Access tokens as the CAMARA Security and Interoperability Profile has them for calls that no user takes part in:
 * OAuth 2.0 client credentials (RFC 6749 §4.4), the client authenticated by `private_key_jwt` (RFC 7523 §2.2) and by
 * nothing else. One is asked for with each call: that is seldom, and none lies about.
 */
import { importJWK, type JWK, SignJWT } from "jose";
import { encodeBase64url } from "../../../protocol/base64url.ts";
import { post, unexpected } from "./post.ts";
import { SenderNotConfigured } from "./sender.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** Seconds; the profile allows 300. */
const ASSERTION_LIFE = 60;

/** RFC 6750 §2.1. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * @param client.key the private key as a JWK (RFC 7517) with its `alg`, and its `kid` if the operator knows it by one
 * @throws SenderFailure, SenderNotConfigured
 */
export async function camaraToken(client: {
  readonly tokenUrl: string;
  readonly id: string;
  readonly key: string;
  readonly scope: string;
}): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    scope: client.scope,
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await assertion(client),
  });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await post(client.tokenUrl, headers, form);
  const token = answer.body?.access_token;
  if (answer.status !== 200 || typeof token !== "string" || !TOKEN.test(token)) throw unexpected(answer);
  return token;
}

async function assertion({ tokenUrl, id, key }: { tokenUrl: string; id: string; key: string }) {
  const { jwk, privateKey } = await readKey(key);
  return new SignJWT()
    .setProtectedHeader({ alg: jwk.alg ?? "", ...(jwk.kid !== undefined && { kid: jwk.kid }) })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(tokenUrl)
    .setJti(encodeBase64url(crypto.getRandomValues(new Uint8Array(16))))
    .setIssuedAt()
    .setExpirationTime(`${ASSERTION_LIFE}s`)
    .sign(privateKey);
}

async function readKey(text: string) {
  try {
    const jwk = JSON.parse(text) as JWK;
    if (jwk.alg === undefined) throw new Error("no alg");
    return { jwk, privateKey: await importJWK(jwk) };
  } catch {
    throw new SenderNotConfigured("CAMARA_CLIENT_KEY: a private JWK with its alg expected");
  }
}
