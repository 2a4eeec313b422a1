import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { encodeTicket, formatTicketProtocol, type Ticket } from "../../../src/protocol/ticket.ts";
import { NONCE_HEADER } from "../../../src/relay/mailbox/calls.ts";
import { fetchRelay, ORIGIN, refusal, SigningDevice } from "./signing-device.ts";

const MINUTE = 60_000;

function ticket(device: SigningDevice, changes: Partial<Ticket> = {}, signer = device): string {
  const statement = encodeTicket({
    address: device.address,
    origin: ORIGIN,
    created: Date.now(),
    nonce: device.nextNonce(),
    ...changes,
  });
  return formatTicketProtocol(statement, signer.sign(statement));
}

const upgrade = (protocols: string, headers: Record<string, string> = {}) =>
  new Request(ORIGIN + ROUTES.socket, {
    headers: { upgrade: "websocket", "sec-websocket-protocol": protocols, ...headers },
  });
const connect = (protocols: string, headers?: Record<string, string>) =>
  fetchRelay(upgrade(protocols, headers));

describe("a socket", () => {
  it("opens by a ticket, which the answer does not repeat", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const answer = await connect(`restante.v1, ${ticket(device)}`);
    expect(answer.status).toBe(101);
    expect(answer.headers.get("sec-websocket-protocol")).toBe("restante.v1");
    answer.webSocket?.accept();
    answer.webSocket?.close(1000);
  });

  it("opens whatever the order of the subprotocols", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const answer = await connect(`${ticket(device)},restante.v1`);
    expect(answer.status).toBe(101);
    answer.webSocket?.accept();
    answer.webSocket?.close(1000);
  });

  it("does not open twice by one ticket, nor by an older nonce in a header of the client's", async () => {
    const device = new SigningDevice();
    await device.optIn();
    const used = ticket(device);
    const first = await connect(`restante.v1, ${used}`);
    first.webSocket?.accept();
    const raised = { [NONCE_HEADER]: String(Number.MAX_SAFE_INTEGER) };
    expect(await refusal(connect(`restante.v1, ${used}`, raised))).toEqual([409, "nonce-used"]);
    first.webSocket?.close(1000);
  });

  it("does not open without a consent", async () => {
    const device = new SigningDevice();
    expect(await refusal(connect(`restante.v1, ${ticket(device)}`))).toEqual([404, "no-consent"]);
    const elsewhere = new SigningDevice("eu");
    expect(await refusal(connect(`restante.v1, ${ticket(elsewhere)}`))).toEqual([404, "no-consent"]);
  });

  const faults: Record<string, (device: SigningDevice) => string> = {
    "no ticket": () => "restante.v1",
    "a ticket that is none": () => "restante.v1, restante.ticket.AAAA.AAAA",
    "another key's ticket": (d) => `restante.v1, ${ticket(d, {}, new SigningDevice())}`,
    "another relay's ticket": (d) => `restante.v1, ${ticket(d, { origin: "https://other.example" })}`,
    "an old ticket": (d) => `restante.v1, ${ticket(d, { created: Date.now() - MINUTE - 2000 })}`,
    "a ticket from the future": (d) => `restante.v1, ${ticket(d, { created: Date.now() + MINUTE + 2000 })}`,
    "two tickets": (d) => `restante.v1, ${ticket(d)}, ${ticket(d)}`,
    "a ticket with padding": (d) => `restante.v1, ${ticket(d)}=`,
  };

  it.each(Object.entries(faults))("by %s is refused and wakes no mailbox", async (_, protocols) => {
    const before = await listDurableObjectIds(env.MAILBOX);
    expect(await refusal(connect(protocols(new SigningDevice())))).toEqual([401, "ticket-invalid"]);
    expect(await listDurableObjectIds(env.MAILBOX)).toHaveLength(before.length);
  });

  it("is asked for by an upgrade to this protocol only", async () => {
    const device = new SigningDevice();
    const plain = upgrade(`restante.v1, ${ticket(device)}`);
    plain.headers.delete("upgrade");
    const answers = [plain, upgrade(ticket(device)), upgrade("restante.v2"), new Request(plain.url)];
    for (const request of answers)
      expect(await refusal(fetchRelay(request))).toEqual([426, "upgrade-required"]);
  });
});
