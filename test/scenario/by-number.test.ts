/** People of ten countries: they agree, verify, are found in every usual spelling, talk, and leave. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Device } from "../../src/client/device.ts";
import { readEveryFile } from "../../src/local/storage.ts";
import type { Purpose } from "../../src/protocol/consent-statement.ts";
import { searchFor } from "./number-traces.ts";
import { person, readAll } from "./person.ts";
import { eventually, type ScenarioRelay, useRelay } from "./relay.ts";

interface Person {
  readonly device: Device;
  readonly number: string;
  readonly region: string;
}

/** Each with what their friends at home, and abroad, have in their address books. */
const PEOPLE: readonly [region: string, number: string, spellings: readonly string[]][] = [
  ["DE", "+4915112345678", ["0151 12345678", "(0151) 1234-5678", "+49 (0)151 12345678"]],
  ["US", "+12025550143", ["(202) 555-0143", "1-202-555-0143", "+1 202 555 0143"]],
  ["GB", "+447400123456", ["07400 123456", "0044 7400 123456", "tel:+44-7400-123456"]],
  ["FR", "+33612345678", ["06 12 34 56 78", "06.12.34.56.78", "+33612345678"]],
  ["IT", "+393123456789", ["312 345 6789", "+39 312 3456789", "0039 312 345 6789"]],
  ["JP", "+819012345678", ["090-1234-5678", "０９０－１２３４－５６７８", "+81 90-1234-5678"]],
  ["IN", "+919987654321", ["099876 54321", "+91 99876 54321", "0091-9987654321"]],
  ["BR", "+5511961234567", ["(11) 96123-4567", "+55 11 96123-4567", "+55 (11) 96123 4567"]],
  ["NG", "+2348021234567", ["0802 123 4567", "+234 802 123 4567", "009 234 802 123 4567"]],
  ["AU", "+61412345678", ["0412 345 678", "+61 412 345 678", "0011 61 412 345 678"]],
];

async function agree(relay: ScenarioRelay, ...purposes: Purpose[]): Promise<Device> {
  const device = await person(relay.origin);
  await device.consent({
    notice: await device.notice(),
    purposes: ["messaging", ...purposes],
    method: "test",
  });
  return device;
}

/** The code as the relay's own terminal shows it. */
async function codeFor(relay: ScenarioRelay, number: string, after: number): Promise<string> {
  const wanted = new RegExp(`ends in ${number.slice(-2)}: (\\d{6})`);
  const find = () => relay.lines.slice(after).findLast((line) => wanted.test(line));
  await eventually(() => find() !== undefined);
  return wanted.exec(find() ?? "")?.[1] ?? "";
}

async function verify(relay: ScenarioRelay, device: Device, number: string): Promise<void> {
  const before = relay.lines.length;
  await device.numbers.requestCode(number);
  expect(await device.numbers.submitCode(await codeFor(relay, number, before))).toBe(number);
}

describe("people of ten countries", () => {
  // Both keep more to themselves than one test's people have time for.
  const relay = useRelay(() => ({ CODES_PER_NETWORK_PER_DAY: 1000 }));
  const people: Person[] = [];

  beforeAll(async () => {
    for (const [region, number] of PEOPLE) {
      const device = await agree(relay(), "number", "discovery");
      await verify(relay(), device, number);
      expect((await device.numbers.list()).state).toBe("listed");
      people.push({ device, number, region });
    }
  });

  it("find each other in all usual spellings, and nobody else", async () => {
    const [ann] = people;
    if (ann === undefined) throw new Error("nobody");
    for (const [i, [region, number, spellings]] of PEOPLE.entries()) {
      if (i === 0) continue;
      const found = await ann.device.numbers.findAll(spellings, { region });
      expect(found.map((each) => [each.number, each.address])).toEqual(
        spellings.map(() => [number, people[i]?.device.address]),
      );
    }
    expect((await ann.device.numbers.find("+4915112345679")).address).toBeUndefined();
  });

  it("write to a number, are answered, and go on without the introduction", async () => {
    const [ann, bo] = people;
    if (ann === undefined || bo === undefined) throw new Error("nobody");
    expect((await ann.device.send(bo.number, "Hello, is this Bo?")).state).toBe("held");
    const [question] = await readAll(bo.device);
    expect(question).toMatchObject({
      from: ann.device.address,
      text: "Hello, is this Bo?",
      unverified: true,
    });
    await bo.device.send(ann.device.address, "It is. Who are you?");
    expect((await readAll(ann.device)).map(({ text }) => text)).toEqual(["It is. Who are you?"]);
    await ann.device.send(bo.device.address, "Ann, from Berlin.");
    expect(await bo.device.numbers.find("0151 12345678", { region: "DE" })).toMatchObject({
      address: ann.device.address,
    });
    const [answer] = await readAll(bo.device);
    expect([answer?.text, answer?.unverified]).toEqual(["Ann, from Berlin.", undefined]);
    const contact = bo.device.contacts().find(({ address }) => address === ann.device.address);
    expect(contact).toMatchObject({ number: ann.number });
  });

  it("send by SMS exactly what nobody has in time, with the relay's proof", async () => {
    const [ann, , cy, di] = people;
    if (ann === undefined || cy === undefined || di === undefined) throw new Error("nobody");
    const sms: { number: string; text: string; proofs: readonly string[] }[] = [];
    ann.device.numbers.onSms((each) => {
      sms.push(each);
    });
    const read = await ann.device.send(cy.number, "for Cy, who reads", { smsAfter: "3s" });
    const unread = await ann.device.send(di.number, "for Di, who does not", { smsAfter: "0s" });
    expect([read.state, unread.state]).toEqual(["waiting", "sms"]);
    expect(sms).toMatchObject([{ number: di.number, text: "for Di, who does not" }]);
    expect(sms[0]?.proofs).toHaveLength(1);
    expect(await readAll(di.device)).toEqual([]);
    expect((await readAll(cy.device)).map(({ text }) => text)).toEqual(["for Cy, who reads"]);
    expect((await ann.device.numbers.settled(read.id))?.state).toBe("delivered");
    const nobody = await ann.device.send("+4915112345679", "for nobody here", { smsAfter: "15s" });
    expect(nobody.state).toBe("sms");
    expect(sms.map(({ text }) => text)).toEqual(["for Di, who does not", "for nobody here"]);
  });

  it("who blocks a stranger hears no more of them, and everybody else goes on", async () => {
    const [ann, bo, , , ed] = people;
    if (ann === undefined || bo === undefined || ed === undefined) throw new Error("nobody");
    await ed.device.send(ann.number, "Buy a watch.");
    await readAll(ann.device);
    expect(await ann.device.block(ed.device.address)).toBe(true);
    await readAll(bo.device);
    await ed.device.numbers.find(ann.number, { fresh: true });
    await ed.device.send(ann.number, "Buy two watches.").catch(() => undefined);
    await bo.device.send(ann.device.address, "Lunch at one?");
    expect((await readAll(ann.device)).map(({ text }) => text)).toEqual(["Lunch at one?"]);
  });

  it("who leaves, or wants it no longer, can't be found from then on", async () => {
    const [ann, , , , , fay, gil] = people;
    if (ann === undefined || fay === undefined || gil === undefined) throw new Error("nobody");
    const find = async (number: string) => (await ann.device.numbers.find(number, { fresh: true })).address;
    expect([await find(fay.number), await find(gil.number)]).toEqual([
      fay.device.address,
      gil.device.address,
    ]);
    await fay.device.withdraw();
    expect((await gil.device.numbers.unlist()).state).toBe("unlisted");
    expect([await find(fay.number), await find(gil.number)]).toEqual([undefined, undefined]);
  });

  it("leave no number in any file or log line of the relay, plain, encoded or hashed without a key", async () => {
    await relay().running.stop();
    const files = await readEveryFile(relay().state);
    expect(files.length).toBeGreaterThan(10);
    const search = searchFor([...people.map(({ number }) => number), "+4915112345679"]);
    for (const { path, bytes } of files) expect(search(bytes), path).toEqual([]);
    expect(search(Buffer.from(relay().lines.join("\n")))).toEqual([]);
    await relay().start();
  });
});
