/** The main story: Ann and Bo, one relay, and what it holds at each moment. */
import { Device } from "../../client/device.ts";
import { MemoryVault } from "../../client/vault/memory.ts";
import type { BuiltRelay } from "../built-relay.ts";
import { readMailboxes, readRecords } from "../storage.ts";
import type { Narrator } from "./narrator.ts";
import { Reader } from "./reader.ts";

export async function tellStory(relay: BuiltRelay, narrator: Narrator): Promise<void> {
  const ann = await Device.create({ relay: relay.origin, vault: new MemoryVault() });
  const bo = await Device.create({ relay: relay.origin, vault: new MemoryVault() });

  narrator.chapter("1. Nothing before yes");
  await showEmptyRelay(relay, narrator);
  await agree(ann, "Ann", narrator);
  await agree(bo, "Bo", narrator);
  await ann.add(bo.card(), "Bo");
  narrator.event("card", "Bo shows Ann his contact card; she adds him", { card: bo.card() });

  narrator.chapter("2. A locked box while Bo is offline");
  const held = await ann.send(bo.address, "Lunch at one?");
  narrator.event("sent", "Ann writes to Bo: “Lunch at one?”", {
    state: held.state,
    heldUntil: new Date(held.heldUntil ?? 0).toISOString(),
  });
  await showHeld(relay, narrator);

  narrator.chapter("3. Bo comes online, reads, acknowledges");
  const boReads = new Reader(bo);
  const first = await boReads.next();
  narrator.event("read", `Bo reads: “${first.text}”`, { from: first.from });
  await showErased(relay, narrator);

  narrator.chapter("4. A wire while both are online");
  const annReads = new Reader(ann);
  await boReads.live();
  await annReads.live();
  const answer = await bo.send(ann.address, "One it is. The usual place?");
  const second = await annReads.next();
  narrator.event("live", `Bo answers, Ann reads: “${second.text}”`, { state: answer.state });
  const back = await ann.send(bo.address, "The usual place.");
  const third = await boReads.next();
  narrator.event("live", `Ann writes back, Bo reads: “${third.text}”`, { state: back.state });

  narrator.chapter("5. Held briefly: one message expires, one is taken back");
  await boReads.close();
  const began = performance.now();
  const short = await ann.send(bo.address, "I am at the door", { ttlSeconds: 1 });
  narrator.event("sent", "Bo is offline again; Ann writes something that is worth a second", {
    state: short.state,
    heldFor: "1 s",
    messages: (await contents(relay)).messages,
  });
  const regret = await ann.send(bo.address, "Forget lunch!", { revocable: true });
  narrator.event("sent", "Ann writes something she regrets, revocably", { state: regret.state });
  const revoked = await ann.revoke(regret.id);
  narrator.event("revoked", "Ann takes it back, and gets the relay's signed word for it", {
    state: revoked.state,
    proof: `${revoked.proof?.slice(0, 40)}…`,
  });
  await expiry(relay);
  narrator.event("expired", "Nobody asked: the mailbox's own alarm has erased the other one", {
    afterMs: Math.round(performance.now() - began),
    ...(await contents(relay)),
  });
  await ann.send(bo.address, "See you at one");
  const again = new Reader(bo);
  const fourth = await again.next();
  narrator.event("read", `All that Bo ever sees of it: “${fourth.text}”`);

  narrator.chapter("6. Leaving");
  await again.close();
  await annReads.close();
  const { receipt } = await bo.withdraw();
  narrator.event("withdrawn", "Bo withdraws; the relay signs what it erased", readReceipt(receipt ?? ""));
  const refused = await ann.send(bo.address, "Still there?");
  narrator.event("refused", "Ann's next message is refused, as if Bo had never been there", {
    state: refused.state,
    problem: refused.problem,
  });
  await ann.withdraw();
  narrator.event("withdrawn", "Ann withdraws as well");
  await showLeft(relay, narrator);
  await ann.close();
  await bo.close();
}

async function agree(device: Device, name: string, narrator: Narrator): Promise<void> {
  const notice = await device.notice();
  narrator.event("notice", `${name} reads the notice`, {
    version: notice.version,
    hash: notice.hash,
    begins: notice.text.trim().split("\n", 1)[0],
  });
  const consent = await device.consent({ notice, purposes: ["messaging"], method: "demo" });
  narrator.event("consent", `${name} agrees to “messaging”, and to nothing else`, {
    address: device.address,
    consentId: consent.consentId,
  });
}

async function showEmptyRelay(relay: BuiltRelay, narrator: Narrator): Promise<void> {
  const { mailboxes } = await contents(relay);
  narrator.event("empty", "Two devices exist, and the relay knows of neither", {
    mailboxes,
    records: await recordCounts(relay),
  });
}

async function showHeld(relay: BuiltRelay, narrator: Narrator): Promise<void> {
  const bodies = (await readMailboxes(relay.state)).flatMap(({ message = [] }) => message);
  const body = bodies[0]?.body;
  if (!(body instanceof Uint8Array)) throw new Error("The relay holds no message.");
  narrator.event("held", "What the relay holds of it, straight from its SQLite file", {
    bytes: body.length,
    begins: Buffer.from(body.subarray(0, 48)).toString("hex"),
  });
}

async function showErased(relay: BuiltRelay, narrator: Narrator): Promise<void> {
  for (let tries = 0; (await contents(relay)).messages > 0; tries++) {
    if (tries === 100) throw new Error("The acknowledged message is still there.");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  narrator.event(
    "erased",
    "Bo's device destroyed the key and acknowledged: the table is empty",
    await contents(relay),
  );
}

async function expiry(relay: BuiltRelay): Promise<void> {
  for (let tries = 0; (await contents(relay)).messages > 0; tries++) {
    if (tries === 200) throw new Error("The expired message is still there.");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function showLeft(relay: BuiltRelay, narrator: Narrator): Promise<void> {
  const { mailboxes } = await contents(relay);
  narrator.event("left", "What is left: events that name nobody, receipts to fetch once more, no mailbox", {
    mailboxes,
    records: await recordCounts(relay),
  });
}

async function contents(relay: BuiltRelay): Promise<{ mailboxes: number; messages: number }> {
  const mailboxes = await readMailboxes(relay.state);
  return { mailboxes: mailboxes.length, messages: mailboxes.flatMap(({ message = [] }) => message).length };
}

async function recordCounts(relay: BuiltRelay): Promise<Record<string, number>> {
  const tables = Object.entries(await readRecords(relay.state));
  return Object.fromEntries(
    tables.filter(([name]) => name.startsWith("consent")).map(([name, rows]) => [name, rows.length]),
  );
}

/** Of the receipt's claims, those a person asks for first; `restante withdraw` prints them all. */
function readReceipt(receipt: string): Record<string, unknown> {
  const claims = JSON.parse(Buffer.from(receipt.split(".")[1] ?? "", "base64url").toString()) as {
    consentId: string;
    erased: Record<string, number>;
    restorable: { from: string; until: number }[];
  };
  return {
    consentId: claims.consentId,
    erased: claims.erased,
    backupsEnd: new Date(Math.max(...claims.restorable.map(({ until }) => until))).toISOString(),
  };
}
