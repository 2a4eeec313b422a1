/** A service that sends SMS for webhooks as Standard Webhooks 1.0.0 has them: symmetric signatures, five minutes. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { type Answer, type Received, Vendor } from "./vendor.ts";

const TOLERANCE_SECONDS = 300;

export class WebhookService extends Vendor {
  readonly #secret = randomBytes(32);
  readonly #ids = new Set<string>();

  get vars() {
    return {
      SMS_SENDER: "webhook",
      SMS_VENDORS: "Some SMS Service, DE; Its Carrier, AT",
      WEBHOOK_URL: `${this.origin}/sms`,
      WEBHOOK_SECRET: `whsec_${this.#secret.toString("base64")}`,
    };
  }

  protected answer({ method, path, headers, body }: Received): Answer {
    const id = String(headers["webhook-id"] ?? "");
    const timestamp = String(headers["webhook-timestamp"] ?? "");
    if (method !== "POST" || path !== "/sms") return this.#refuse(404, "path");
    if (headers["content-type"] !== "application/json") return this.#refuse(415, "content type");
    if (id === "" || id.includes(".") || this.#ids.has(id)) return this.#refuse(400, "webhook-id");
    if (!/^[0-9]+$/.test(timestamp)) return this.#refuse(400, "webhook-timestamp");
    if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return this.#refuse(400, "age");
    const right = createHmac("sha256", this.#secret).update(`${id}.${timestamp}.${body}`).digest();
    const signed = String(headers["webhook-signature"] ?? "")
      .split(" ")
      .some((signature) => {
        const given = Buffer.from(/^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature)?.[1] ?? "", "base64");
        return given.length === right.length && timingSafeEqual(given, right);
      });
    if (!signed) return this.#refuse(401, "webhook-signature");
    this.#ids.add(id);
    return this.#take(JSON.parse(body));
  }

  #take(event: { type?: unknown; timestamp?: unknown; data?: Record<string, unknown> }): Answer {
    const { type, timestamp, data = {} } = event;
    if (Object.keys(event).sort().join() !== "data,timestamp,type") return this.#refuse(400, "fields");
    if (type !== "verification.code") return this.#refuse(400, "type");
    if (new Date(String(timestamp)).toISOString() !== timestamp) return this.#refuse(400, "timestamp");
    const { number, code, lifetimeSeconds, ...more } = data;
    if (!/^\+[1-9][0-9]{6,14}$/.test(String(number))) return this.#refuse(400, "number");
    if (!/^[0-9]{6}$/.test(String(code)) || lifetimeSeconds !== 600) return this.#refuse(400, "code");
    if (Object.keys(more).length > 0) return this.#refuse(400, "data");
    this.deliver(String(number), String(code));
    return { status: 204 };
  }

  #refuse(status: number, what: string): Answer {
    this.violation(what);
    return { status };
  }
}
