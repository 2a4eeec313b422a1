import { describe, expect, it } from "vitest";
import { readEveryFile, readRecords } from "../../src/local/storage.ts";
import { searchFor, tracesOf } from "./number-traces.ts";
import { freshNumber, NumberedDevice, otherThan, refusal, TEN_COUNTRIES } from "./numbered.ts";
import { RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";

const CODE = /^One-time code for the number that ends in ([0-9]{2}): ([0-9]{6})$/;

describe("promise 9: a number is checked and not kept", () => {
  const relay = useRelay(() => ({ CODES_PER_DAY: 32 }));
  const printed = () => relay().lines.filter((line) => CODE.test(line));
  /** The code that a call has printed. */
  const codeOf = async <T>(call: () => Promise<T>): Promise<{ answer: T; code: string }> => {
    const before = printed().length;
    const answer = await call();
    await eventually(() => printed().length > before);
    return { answer, code: CODE.exec(printed().at(-1) ?? "")?.[2] ?? "" };
  };
  const agreeing = (network?: string) => NumberedDevice.agreeing(relay().origin, network);

  it("people of ten countries verify theirs, each for a yes of its own", async () => {
    for (const [country, number] of Object.entries(TEN_COUNTRIES)) {
      const unasked = new NumberedDevice(await RawDevice.consenting(relay().origin));
      expect(await refusal(unasked.start(number)), country).toEqual([403, "purpose-not-granted"]);
      await unasked.raw.consent("messaging", "number");
      const { answer, code } = await codeOf(() => unasked.started(number));
      expect(CODE.exec(printed().at(-1) ?? "")?.[1]).toBe(number.slice(-2));
      const { proof } = await unasked.verified(answer.id, number, code);
      expect(Buffer.from(proof, "base64url")).toHaveLength(65);
    }
    const records = await readRecords(relay().state);
    expect(records.verified_number).toHaveLength(Object.keys(TEN_COUNTRIES).length);
  });

  it("a wrong, a reused and a foreign code verify nothing, and a replay sends nothing", async () => {
    const [device, foreign, number] = [await agreeing(), await agreeing(), freshNumber()];
    const rows = async () => (await readRecords(relay().state)).verified_number?.length;
    const before = await rows();
    const nonce = device.raw.nextNonce();
    const { answer, code } = await codeOf(() => device.start(number, { nonce }));
    const { id } = (await answer.json()) as { id: string };
    const lines = printed().length;
    expect(await refusal(device.start(number, { nonce }))).toEqual([409, "nonce-used"]);
    expect(await refusal(device.start(number))).toEqual([429, "resend-too-soon"]);
    expect(await refusal(device.answer(id, number, otherThan(code)))).toEqual([403, "code-wrong"]);
    expect(await refusal(foreign.answer(id, number, code))).toEqual([404, "no-verification"]);
    expect(await refusal(device.answer(id, freshNumber(), code))).toEqual([404, "no-verification"]);
    expect(await rows()).toBe(before);
    await device.verified(id, number, code);
    await relay().restart();
    await device.verified(id, number, code);
    expect(await refusal(device.answer(id, number, otherThan(code)))).toEqual([404, "no-verification"]);
    expect(await refusal(foreign.answer(id, number, code))).toEqual([404, "no-verification"]);
    expect([await rows(), printed().length]).toEqual([(before ?? 0) + 1, lines]);
  });

  it("narrowing the yes forgets the number at once, and so does leaving", async () => {
    const consents = async () =>
      (await readRecords(relay().state)).verified_number?.map(({ consent_id }) => consent_id);
    for (const forget of [
      (device: RawDevice) => device.consent("messaging"),
      (device: RawDevice) => device.signed("DELETE", "/v1/consents/current"),
    ]) {
      const [device, number] = [await agreeing(), freshNumber()];
      const { answer, code } = await codeOf(() => device.started(number));
      await device.verified(answer.id, number, code);
      expect(await consents()).toContain(device.raw.consentId);
      await forget(device.raw);
      expect(await consents()).not.toContain(device.raw.consentId);
    }
  });

  it("a flood of codes to one number ends after five, whoever asks: fresh keys, leaving and coming back buy nothing", async () => {
    const number = freshNumber();
    const first = await agreeing();
    await first.started(number);
    await first.raw.signed("DELETE", "/v1/consents/current");
    await first.raw.consent("messaging", "number");
    expect(await refusal(first.start(number))).toEqual([429, "resend-too-soon"]);
    const before = printed().length;
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => (await agreeing()).start(number)),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refusal(answer)).toEqual([429, "budget-spent"]);
    }
    await eventually(() => printed().length === before + 3);
  });

  it("a flood from one network ends after ten, and one of all networks at the relay's cap: nothing more is sent", async () => {
    const network = "2001:db8:1:2";
    const flooding = await Promise.all([0, 1, 2].map((host) => agreeing(`${network}::${host}`)));
    for (let i = 0; i < 10; i++) expect((await flooding[i % 3]?.start(freshNumber()))?.status).toBe(201);
    const newcomer = await agreeing(`${network}:f::1`);
    expect(await refusal(newcomer.start(freshNumber()))).toEqual([429, "budget-spent"]);
    const left = 32 - printed().length;
    expect(left).toBeGreaterThan(0);
    const answers = await Promise.all(
      Array.from({ length: left + 4 }, async () => (await agreeing()).start(freshNumber())),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(left);
    const over = answers.filter(({ status }) => status !== 201);
    expect(await Promise.all(over.map(refusal))).toEqual(Array(4).fill([429, "budget-spent"]));
    await eventually(() => printed().length === 32);
  });

  it("after all that no file and no log line holds a number, plain, encoded or hashed without a key", async () => {
    await relay().running.stop();
    const files = await readEveryFile(relay().state);
    expect(files.length).toBeGreaterThan(10);
    const search = searchFor(Object.values(TEN_COUNTRIES));
    for (const { path, bytes } of files) expect(search(bytes), path).toEqual([]);
    expect(search(Buffer.from(relay().lines.join("\n")))).toEqual([]);
    await relay().start();
  });

  it("which this search would have found", () => {
    const search = searchFor(Object.values(TEN_COUNTRIES));
    for (const number of Object.values(TEN_COUNTRIES)) {
      for (const [form, trace] of Object.entries(tracesOf(number)))
        expect(search(Buffer.concat([Buffer.from("before"), trace, Buffer.from("after")]))).toContain(
          `${number}: ${form}`,
        );
      for (const place of ["", "x", "xx"]) {
        const encoded = Buffer.from(`${place}${number} and more`).toString("base64url");
        expect(search(Buffer.from(encoded))).toContain(`${number}: E.164, base64 after ${place.length}`);
      }
    }
  });
});
