/**
 * Settings of the senders: vars or secrets that only the chosen one needs, so that wrangler.toml can neither require
 * nor type them. docs/operations.md lists them.
 */
import { isLoopback } from "./loopback.ts";
import { SenderNotConfigured } from "./sender.ts";

type Setting =
  | "WEBHOOK_URL"
  | "WEBHOOK_SECRET"
  | "TWILIO_API_KEY"
  | "TWILIO_API_KEY_SECRET"
  | "TWILIO_SERVICE_SID"
  | "TWILIO_URL"
  | "CAMARA_URL"
  | "CAMARA_TOKEN_URL"
  | "CAMARA_CLIENT_ID"
  | "CAMARA_CLIENT_KEY"
  | "CAMARA_SCOPE";

/** @throws SenderNotConfigured when it is not set and has no default */
export function setting(env: Env, name: Setting, otherwise?: string): string {
  const value = (env as unknown as Partial<Record<Setting, unknown>>)[name];
  if (typeof value === "string" && value !== "") return value;
  if (otherwise !== undefined) return otherwise;
  throw new SenderNotConfigured(`${name} is not set, and SMS_SENDER needs it`);
}

/**
 * A URL without the slash at its end. Numbers go there: over TLS, or to this very machine.
 *
 * @throws SenderNotConfigured
 */
export function urlSetting(env: Env, name: Setting, otherwise?: string): string {
  const text = setting(env, name, otherwise);
  const url = URL.parse(text);
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (!safe) throw new SenderNotConfigured(`${name} is no https URL`);
  return text.replace(/\/+$/, "");
}
