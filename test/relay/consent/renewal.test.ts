import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import type { MailboxAnswer } from "../../../src/protocol/answers.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { blind } from "../../../src/protocol/voprf.ts";
import { currentNotice } from "../../../src/relay/consent/notice.ts";
import { anyNumber, Listed, seeker } from "../directory/stage.ts";
import { fetchRelay, refusal, SigningDevice, senderRequest } from "../edge/signing-device.ts";
import { publish, rollBack, rollBackAll } from "./publishing.ts";

afterEach(rollBackAll);

const SUPERSEDED = [409, "notice-superseded"];
const element = () => encodeBase64url(blind(new TextEncoder().encode("anything")).element);

async function mailboxOf(device: SigningDevice): Promise<MailboxAnswer> {
  return (await device.read(ROUTES.mailbox)).json();
}

/** All that an answer consists of. */
async function bytesOf(answer: Response) {
  return [answer.status, [...answer.headers].filter(([name]) => name !== "date"), await answer.text()];
}

describe("a material new notice", () => {
  it("answers whoever writes with the very bytes of a mailbox that has been closed", async () => {
    const [here, left] = [new SigningDevice(), new SigningDevice()];
    const { deliveryToken } = await here.optIn();
    const { deliveryToken: gone } = await left.optIn();
    await left.withdraw();
    publish(true);
    const key = encodeBase64url(crypto.getRandomValues(new Uint8Array(16)));
    for (const [method, path] of [
      ["POST", ROUTES.deposits],
      ["PUT", ROUTES.revocableDeposit],
      ["GET", ROUTES.revocableDeposit],
      ["DELETE", ROUTES.revocableDeposit],
      ["POST", ROUTES.keyClaims],
    ] as const) {
      const ask = async ({ address }: SigningDevice, token: string) =>
        bytesOf(
          await fetchRelay(senderRequest(address, token, { method, path: pathOf(path, { address, key }) })),
        );
      const answer = await ask(here, deliveryToken);
      expect(answer[0]).toBe(401);
      expect(answer).toEqual(await ask(left, gone));
    }
  });

  it("takes routes out of the directory, in the very query, until their owners agree", async () => {
    const number = anyNumber();
    const anna = await Listed.under(number);
    const bert = await seeker();
    expect(await bert.find(number)).toBeDefined();
    publish(true);
    await bert.agree(["messaging", "number"]);
    expect(await bert.find(number)).toBeUndefined();
    expect(await anna.route()).toMatchObject({ state: "listed" });
    await anna.agree(["messaging", "number", "discovery"]);
    expect(await bert.find(number)).toMatchObject({ address: anna.address });
  });

  it("refuses what needs a number until its owner agrees, and lets them look and leave the directory", async () => {
    const number = anyNumber();
    const anna = await Listed.under(number);
    await anna.verify(number);
    publish(true);
    const post = (path: string, json: unknown) => refusal(anna.call({ method: "POST", path, json }));
    expect(await post(ROUTES.verifications, { number })).toEqual(SUPERSEDED);
    const answer = { number, code: "123456" };
    expect(await post(pathOf(ROUTES.verification, { id: "x" }), answer)).toEqual(SUPERSEDED);
    const batch = { version: 1, elements: [element()] };
    expect(await post(ROUTES.evaluations, batch)).toEqual(SUPERSEDED);
    expect(await post(ROUTES.introductions, batch)).toEqual(SUPERSEDED);
    expect(await refusal(anna.put(number))).toEqual(SUPERSEDED);
    expect(await anna.route()).toMatchObject({ state: "listed" });
    expect((await anna.unlist()).status).toBe(200);
    await anna.agree(["messaging", "number", "discovery"]);
    expect((await anna.evaluate([blind(new TextEncoder().encode("x")).element])).status).toBe(200);
  });

  it("leaves the owner their mailbox, says how it stands, and is over when they agree", async () => {
    const device = new SigningDevice();
    const { deliveryToken, consentId } = await device.optIn();
    await fetchRelay(senderRequest(device.address, deliveryToken));
    const agreed = currentNotice(env).version;
    const current = publish(true);
    expect(await mailboxOf(device)).toMatchObject({
      messages: 1,
      notice: { agreed, current, suspended: true },
    });
    for (const path of [ROUTES.messages, ROUTES.held, ROUTES.currentConsent])
      expect((await device.read(path)).status).toBe(200);
    const renewed = await device.optIn();
    expect(renewed).toMatchObject({ consentId, deliveryToken });
    expect(await mailboxOf(device)).toMatchObject({ notice: { agreed: current, current, suspended: false } });
    expect((await fetchRelay(senderRequest(device.address, deliveryToken))).status).toBe(201);
  });

  it("can be left without agreeing to it", async () => {
    const device = new SigningDevice();
    await device.optIn();
    publish(true);
    expect((await device.withdraw()).status).toBe(200);
    expect(await refusal(device.read(ROUTES.mailbox))).toEqual([404, "no-consent"]);
  });

  it("is gone with a roll-back, for who agreed to it and who did not", async () => {
    const [old, eager] = [new SigningDevice(), new SigningDevice()];
    const { deliveryToken } = await old.optIn();
    publish(true);
    const { deliveryToken: newer } = await eager.optIn();
    rollBack();
    expect((await fetchRelay(senderRequest(old.address, deliveryToken))).status).toBe(201);
    expect((await fetchRelay(senderRequest(eager.address, newer))).status).toBe(201);
  });

  it("is not agreed to by the statement that agreed to the one before, sent again", async () => {
    const device = new SigningDevice();
    const body = device.grantBody();
    const { deliveryToken } = await (await device.grant(body)).json<{ deliveryToken: string }>();
    publish(true);
    expect((await device.grant(body)).status).toBe(200);
    expect((await fetchRelay(senderRequest(device.address, deliveryToken))).status).toBe(401);
    expect(
      await refusal(device.grant(device.grantBody(device.statement({ noticeHash: new Uint8Array(32) })))),
    ).toEqual(SUPERSEDED);
  });
});

describe("a notice that changed in nothing that matters", () => {
  it("only shows in how the mailbox stands", async () => {
    const device = new SigningDevice();
    const { deliveryToken } = await device.optIn();
    const agreed = currentNotice(env).version;
    const current = publish(false);
    expect(await mailboxOf(device)).toMatchObject({ notice: { agreed, current, suspended: false } });
    expect((await fetchRelay(senderRequest(device.address, deliveryToken))).status).toBe(201);
  });
});
