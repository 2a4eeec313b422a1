import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { clientNetwork } from "../../../src/relay/budgets/client-network.ts";
import {
  budgetSubject,
  spendCode,
  spendIntroductions,
  spendLookUps,
} from "../../../src/relay/budgets/spending.ts";
import worker from "../../../src/relay/index.ts";

const DAY = 86_400_000;
const hash = () => crypto.randomUUID();
const address = () => `10.${[0, 0, 0].map(() => Math.floor(Math.random() * 256)).join(".")}`;

describe("budgets", () => {
  it("give a number 2,000 look-ups at once and 200 a day from then on", async () => {
    const [number, now] = [hash(), Date.now()];
    expect((await spendLookUps(env, number, 2000, now)).outcome).toBe("spent");
    expect((await spendLookUps(env, number, 1, now)).outcome).toBe("budget-spent");
    expect((await spendLookUps(env, number, 200, now + DAY)).outcome).toBe("spent");
    expect((await spendLookUps(env, number, 1, now + DAY)).outcome).toBe("budget-spent");
    expect((await spendLookUps(env, hash(), 1, now + DAY)).outcome).toBe("spent");
  });

  it("give a number 50 introductions at once and 20 a day, apart from its look-ups", async () => {
    const [number, now] = [hash(), Date.now()];
    expect((await spendIntroductions(env, number, 50, now)).outcome).toBe("spent");
    expect(await spendIntroductions(env, number, 1, now)).toEqual({
      outcome: "budget-spent",
      retryAfterSeconds: DAY / 20 / 1000,
    });
    expect((await spendIntroductions(env, number, 20, now + DAY)).outcome).toBe("spent");
    expect((await spendLookUps(env, number, 1, now)).outcome).toBe("spent");
  });

  it("give a number five codes a day, from wherever they are asked", async () => {
    const [numberHash, now] = [hash(), Date.now()];
    const send = () => spendCode(env, { numberHash, clientAddress: address() }, now);
    for (let i = 0; i < 5; i++) expect((await send()).outcome).toBe("spent");
    expect(await send()).toEqual({ outcome: "budget-spent", retryAfterSeconds: DAY / 5 / 1000 });
  });

  it("give a network ten codes a day, for whichever numbers", async () => {
    const now = Date.now();
    const network = `2001:db8:${Math.floor(Math.random() * 65_536).toString(16)}:1`;
    const send = (host: string) => spendCode(env, { numberHash: hash(), clientAddress: network + host }, now);
    for (let i = 0; i < 10; i++) expect((await send(`::${i}`)).outcome).toBe("spent");
    expect((await send(":ffff::1")).outcome).toBe("budget-spent");
    expect((await send(":0:0:0:9")).outcome).toBe("budget-spent");
  });

  it("stop the whole relay at its cap, and spend nothing of the number's then", async () => {
    // A root of its own, so that this relay's buckets are not the other tests'.
    const ROOT_SECRET = `1:${"C".repeat(42)}A`;
    const capped = { ...env, ROOT_SECRET, CODES_PER_DAY: 1, LOOK_UPS_PER_DAY: 3 } as Env;
    const [numberHash, now] = [hash(), Date.now()];
    await spendCode(capped, { numberHash: hash(), clientAddress: address() }, now);
    for (let i = 0; i < 6; i++)
      expect((await spendCode(capped, { numberHash, clientAddress: address() }, now)).outcome).toBe(
        "budget-spent",
      );
    const raised = { ...capped, CODES_PER_DAY: 100 } as Env;
    for (let i = 0; i < 5; i++)
      expect((await spendCode(raised, { numberHash, clientAddress: address() }, now + DAY)).outcome).toBe(
        "spent",
      );
    expect((await spendLookUps(capped, hash(), 4, now)).outcome).toBe("budget-spent");
  });

  it("store neither number nor address, and go when they have filled up", async () => {
    const [numberHash, clientAddress, now] = [hash(), address(), Date.now()];
    await spendCode(env, { numberHash, clientAddress }, now - 2 * DAY);
    await spendLookUps(env, numberHash, 1000, now - 2 * DAY);
    const { results } = await env.RECORDS.prepare("SELECT * FROM budget").all();
    expect(JSON.stringify(results)).not.toContain(numberHash);
    expect(JSON.stringify(results)).not.toContain(clientAddress);
    await worker.scheduled(createScheduledController({ scheduledTime: new Date(now) }), env);
    const left = async (kind: Parameters<typeof budgetSubject>[1], who: string) =>
      env.RECORDS.prepare("SELECT 1 FROM budget WHERE subject = ?")
        .bind(await budgetSubject(env, kind, who))
        .first();
    expect(await left("codes to a number", numberHash)).toBeNull();
    expect(await left("codes asked from a network", clientAddress)).toBeNull();
    expect(await left("look-ups of a number", numberHash)).not.toBeNull();
  });
});

describe("a client's network", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["2001:db8::1:2:3:4:5", "2001:db8:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
    ["", ""],
  ])("of %s is %s", (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });
});
