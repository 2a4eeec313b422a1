import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { refusal, SigningDevice } from "../edge/signing-device.ts";
import { freshNumber, watchTerminal } from "./number-device.ts";

class At extends SigningDevice {
  override readonly origin: string;

  constructor(origin: string) {
    super();
    this.origin = origin;
  }

  async start(): Promise<Response> {
    const purposes = ["messaging", "number"] as const;
    const granted = await this.grant(this.grantBody(this.statement({ purposes: [...purposes] })));
    if (!granted.ok) throw new Error(await granted.text());
    return this.call({ method: "POST", path: ROUTES.verifications, json: { number: freshNumber() } });
  }
}

afterEach(() => vi.restoreAllMocks());

describe("the `console` sender", () => {
  it.each(["http://localhost:8787", "http://127.0.0.1", "http://[::1]:9000"])(
    "prints codes for who reaches the relay at %s",
    async (origin) => {
      const terminal = watchTerminal();
      expect((await new At(origin).start()).status).toBe(201);
      expect(terminal.code()).toMatch(/^[0-9]{6}$/);
    },
  );

  it.each([
    "https://relay.example",
    "https://restante.workers.dev",
    "http://192.168.1.2:8787",
    "https://localhost.example",
    "https://127.0.0.1.example",
  ])(
    "prints none and spends nothing at %s: a log is no place for codes, and its operator hears why",
    async (origin) => {
      const terminal = watchTerminal();
      const heard = vi.spyOn(console, "error").mockImplementation(() => {});
      const before = await env.RECORDS.prepare("SELECT COUNT(*) AS n FROM budget").first("n");
      expect(await refusal(new At(origin).start())).toEqual([503, "unavailable"]);
      expect(terminal.lines).toEqual([]);
      expect(heard.mock.calls.flat().join(" ")).toContain("SMS_SENDER");
      expect(await env.RECORDS.prepare("SELECT COUNT(*) AS n FROM budget").first("n")).toBe(before);
    },
  );
});
