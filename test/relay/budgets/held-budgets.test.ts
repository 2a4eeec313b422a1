import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { HeldAnswer } from "../../../src/protocol/answers.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { app } from "../../../src/relay/app.ts";
import { spendCode, spendIntroductions, spendLookUps } from "../../../src/relay/budgets/spending.ts";
import { agreed, verified } from "../edge/introducing.ts";

it("a device is shown what was counted for its number under every secret that is live, and nothing else", async () => {
  const [device, numberHash, now] = [await agreed("number"), crypto.randomUUID(), Date.now()];
  await verified(device, numberHash);
  const rotated = { ...env, SECRET_VERSIONS: "budget=2,1" } as Env;
  const renewed = { ...rotated, ROOT_SECRET: `2:${"C".repeat(42)}A,${env.ROOT_SECRET}` } as Env;
  const held = async (relay: Env) => {
    const request = device.request({ method: "GET", path: ROUTES.held, nonce: null });
    const { records } = (await (await app.fetch(request, relay)).json()) as HeldAnswer;
    return records.find(({ table }) => table === "budget")?.rows ?? [];
  };

  expect(await held(env)).toEqual([]);
  await spendCode(env, { numberHash, clientAddress: device.ip }, now);
  await spendLookUps(env, numberHash, 1, now);
  await spendLookUps(env, "somebody else's", 1, now);
  const before = await held(env);
  expect(before).toHaveLength(2);
  expect(await held(rotated)).toEqual(before);
  await spendLookUps(rotated, numberHash, 1, now);
  expect(await held(rotated)).toHaveLength(3);
  await spendIntroductions(renewed, numberHash, 1, now);
  const all = await held(renewed);
  expect(all).toHaveLength(4);
  expect(all).toEqual(expect.arrayContaining(before));
  // Whoever dropped a secret cannot find what was counted under it.
  expect(await held({ ...renewed, SECRET_VERSIONS: "budget=2" } as Env)).toHaveLength(2);
});
