import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { numberVendors } from "../../../src/relay/verification/number-vendors.ts";
import { chosenSender } from "../../../src/relay/verification/senders/chosen.ts";
import { isServed } from "../../../src/relay/verification/served.ts";
import { readNumber } from "./number-device.ts";

const configured = (vars: Record<string, unknown>) => ({ ...env, ...vars }) as Env;

describe("a number that codes are sent to", () => {
  const served = (countries: string, number: string) =>
    isServed(configured({ COUNTRIES: countries }), readNumber(number));

  it("is of any country when none is listed, and else of one that is", () => {
    const numbers = { DE: "+4915112345678", GB: "+447400123456", US: "+12015550123", CA: "+16135550123" };
    for (const [country, number] of Object.entries(numbers)) {
      expect(served("", number)).toBe(true);
      expect(served(`FR ${country}`, number)).toBe(true);
      expect(served("FR AT", number)).toBe(false);
    }
    // One calling code, several countries.
    expect(served("US", numbers.CA)).toBe(false);
  });

  it("belongs to no country at all only where all are served", () => {
    expect(served("", "+881612345678")).toBe(true);
    expect(served("DE", "+881612345678")).toBe(false);
  });

  it.each(["+499001234567", "+448001234567", "+18002345678", "+19002345678", "+448712345678"])(
    "is never %s: it costs, or is free, and is no person's",
    (number) => {
      expect(served("", number)).toBe(false);
    },
  );
});

describe("who sees numbers", () => {
  const vendors = (SMS_SENDER: string, SMS_VENDORS: string) =>
    numberVendors(configured({ SMS_SENDER, SMS_VENDORS }));

  it("is nobody on one's own machine, and else whom the operator names", () => {
    expect(vendors("console", "")).toEqual([]);
    expect(vendors("twilio-verify", "Twilio Ireland Limited, IE; Some Carrier, plc, GB;")).toEqual([
      { name: "Twilio Ireland Limited", country: "IE" },
      { name: "Some Carrier, plc", country: "GB" },
    ]);
  });

  it("must be named: a relay that would hand numbers to nobody in particular serves no notice", () => {
    for (const text of ["", " ; ", "Twilio", "Twilio, Ireland", ", IE", "Twilio IE"])
      expect(() => vendors("webhook", text), text).toThrow("SMS_VENDORS");
  });
});

describe("the sender", () => {
  const jwk = JSON.stringify({ kty: "oct", k: "AAAA", alg: "HS256" });
  const complete = {
    console: {},
    webhook: { WEBHOOK_URL: "https://sms.example", WEBHOOK_SECRET: `whsec_${"A".repeat(32)}` },
    "twilio-verify": { TWILIO_SERVICE_SID: "VA1", TWILIO_API_KEY: "SK1", TWILIO_API_KEY_SECRET: "s" },
    camara: {
      CAMARA_URL: "https://operator.example/one-time-password-sms/v1",
      CAMARA_TOKEN_URL: "https://operator.example/token",
      CAMARA_CLIENT_ID: "relay",
      CAMARA_CLIENT_KEY: jwk,
    },
  };

  it.each(Object.entries(complete))(
    "%s is chosen by name, with all that it needs and not without",
    (name, vars) => {
      expect(chosenSender(configured({ SMS_SENDER: name, ...vars }))).toMatchObject({
        send: expect.any(Function),
      });
      for (const missing of Object.keys(vars))
        for (const value of [undefined, ""])
          expect(() => chosenSender(configured({ SMS_SENDER: name, ...vars, [missing]: value }))).toThrow(
            missing,
          );
    },
  );

  it("goes nowhere without TLS, but to this very machine", () => {
    const to = (WEBHOOK_URL: string) =>
      chosenSender(configured({ SMS_SENDER: "webhook", ...complete.webhook, WEBHOOK_URL }));
    expect(to("http://127.0.0.1:1/x")).toBeDefined();
    expect(to("http://localhost:1")).toBeDefined();
    for (const url of [
      "http://sms.example",
      "http://127.0.0.1.example",
      "ftp://sms.example",
      "sms.example",
      "x",
    ])
      expect(() => to(url), url).toThrow("WEBHOOK_URL");
  });

  it.each(["whsec_", "whsec_AAAA", "A".repeat(44), `whsec_${"A".repeat(100)}`, `whsec_${"*".repeat(32)}`])(
    "webhook takes no secret like %s, and does not quote it",
    (WEBHOOK_SECRET) => {
      const vars = { SMS_SENDER: "webhook", WEBHOOK_URL: "https://sms.example", WEBHOOK_SECRET };
      expect(() => chosenSender(configured(vars))).toThrow("WEBHOOK_SECRET: whsec_ and 24 to 64");
    },
  );

  it("of an unknown name is refused", () => {
    for (const name of ["", "twilio", "Console"])
      expect(() => chosenSender(configured({ SMS_SENDER: name }))).toThrow("SMS_SENDER");
  });
});
