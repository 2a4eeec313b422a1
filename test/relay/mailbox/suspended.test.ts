import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { currentNotice } from "../../../src/relay/consent/notice.ts";
import { publish, rollBack, rollBackAll } from "../consent/publishing.ts";
import {
  ADDRESS,
  absentMailbox,
  Device,
  envelope,
  inStorage,
  oneTimeKey,
  openMailbox,
  randomKey,
  type Stage,
} from "./stage.ts";

afterEach(rollBackAll);

const REFUSED = { outcome: "not-authorized" };
const introduction = () => ({ nonce: randomKey(), mayOpen: true });

/** Everything that somebody else may ask of a mailbox. */
async function asked({ stub }: Pick<Stage, "stub">, pass: Parameters<Stage["stub"]["deposit"]>[0]) {
  const key = randomKey();
  return [
    await stub.deposit(pass, envelope(1), 60),
    await stub.deposit(pass, envelope(2), 0),
    await stub.depositRevocable(pass, key, envelope(3), 60),
    await stub.depositState(pass, key),
    await stub.revoke(pass, key),
    await stub.claimOneTimeKey(pass),
  ];
}

describe("a mailbox whose owner has not agreed to a material new notice", () => {
  it("refuses every sender exactly as an absent one does, and writes nothing for them", async () => {
    const mailbox = await openMailbox(true);
    const { stub, epoch, nonce } = mailbox;
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + 60_000)]);
    const permit = introduction();
    expect(await stub.deposit(permit, envelope(9), 60)).toMatchObject({ outcome: "held" });
    publish(true);
    const before = await stub.held();
    for (const pass of [epoch, permit, introduction()]) {
      const answers = await asked(mailbox, pass);
      expect(answers).toEqual(answers.map(() => REFUSED));
      expect(await asked({ stub: absentMailbox() }, pass)).toEqual(answers);
    }
    expect(await stub.held()).toEqual(before);
  });

  it("still belongs to its owner, who is told on the socket, reads, acknowledges, inspects and leaves", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    await stub.deposit(epoch, envelope(2), 60);
    const version = publish(true);
    expect(await stub.status()).toMatchObject({ messages: 2, noticeVersion: version - 1 });
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    expect(device.received[0]).toEqual({ kind: "notice", what: "notice-changed" });
    expect(device.numbers).toEqual([1, 2]);
    const pulled = await stub.messages(10);
    if (pulled.outcome !== "messages") throw new Error(pulled.outcome);
    const [first] = pulled.messages;
    expect(await stub.acknowledge([first?.id ?? 0])).toMatchObject({ erased: [first?.id] });
    expect(await stub.held()).toMatchObject({ outcome: "held" });
    expect(await stub.withdraw(consentId, nonce())).toMatchObject({ outcome: "withdrawn" });
  });

  it("takes nothing that others would be let in with, and uses up no nonce for it", async () => {
    const { stub, consentId, nonce } = await openMailbox();
    const version = publish(true);
    const before = await stub.held();
    const [keys, unused] = [[oneTimeKey(Date.now() + 60_000)], nonce()];
    const superseded = { outcome: "notice-superseded" };
    expect(await stub.replaceOneTimeKeys(unused, keys)).toEqual(superseded);
    expect(await stub.rotateDeliveryToken(unused)).toEqual(superseded);
    expect(await stub.rotateDeliveryToken(1)).toEqual({ outcome: "nonce-used" });
    expect(await stub.held()).toEqual(before);
    const renewal = { consentId, address: ADDRESS, noticeVersion: version, introductions: false };
    await stub.open({ ...renewal, nonce: unused });
    expect(await stub.replaceOneTimeKeys(nonce(), keys)).toMatchObject({ outcome: "replaced" });
    expect(await stub.rotateDeliveryToken(nonce())).toMatchObject({ outcome: "rotated" });
  });

  it("takes mail again, under the same token, as soon as they agree", async () => {
    const { stub, epoch, consentId, nonce } = await openMailbox(true);
    const version = publish(true);
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual(REFUSED);
    const renewal = { consentId, address: ADDRESS, noticeVersion: version, introductions: true };
    expect(await stub.open({ ...renewal, nonce: nonce() })).toMatchObject({ outcome: "already-open" });
    expect(await stub.confirm(consentId, true)).toEqual({ outcome: "confirmed" });
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.deposit(introduction(), envelope(2), 60)).toMatchObject({ outcome: "held" });
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    expect(device.received.filter(({ kind }) => kind === "notice")).toEqual([]);
  });

  it("takes mail again when the deploy is rolled back, without a row written", async () => {
    const { stub, epoch } = await openMailbox();
    publish(true);
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual(REFUSED);
    const before = await inStorage(stub, (sql) => sql.exec("SELECT * FROM mailbox").toArray());
    rollBack();
    expect(await inStorage(stub, (sql) => sql.exec("SELECT * FROM mailbox").toArray())).toEqual(before);
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
  });

  it("opened under the newer notice stays open when an older one comes back", async () => {
    publish(true);
    const { stub, epoch } = await openMailbox();
    rollBack();
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
  });
});

describe("a mailbox under a notice that changed in nothing that matters", () => {
  it("goes on as it was, and nobody is disturbed on the socket", async () => {
    const { stub, epoch, nonce } = await openMailbox(true);
    const { version } = currentNotice(env);
    publish(false);
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.deposit(introduction(), envelope(2), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.status()).toMatchObject({ noticeVersion: version });
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    expect(device.received.filter(({ kind }) => kind === "notice")).toEqual([]);
  });

  it("is suspended for a material one before it that was never agreed to", async () => {
    const { stub, epoch } = await openMailbox();
    publish(true);
    publish(false);
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual(REFUSED);
  });
});
