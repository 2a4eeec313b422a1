import { describe, expect, it } from "vitest";
import { FoundingBudget } from "../../../src/client/channel/budget.ts";
import {
  KEY_FAILURES,
  LAST_RESORT_FAILURES,
  LAST_RESORT_REFILL,
  MAX_LIVE_CHANNELS,
} from "../../../src/client/channel/limits.ts";
import { openEnvelope } from "../../../src/client/channel/opening.ts";
import { closeOutgoing } from "../../../src/client/channel/outgoing.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import {
  type Actor,
  acquainted,
  actor,
  copyOf,
  entriesOf,
  flip,
  open,
  opened,
  START,
  sealOne,
  WEEK,
} from "./scene.ts";

const HOUR = DAY / 24;

/** Opens many, one after another, on one budget. */
async function outcomes(by: Actor, envelopes: readonly Uint8Array[], now: number, budget: FoundingBudget) {
  const found: string[] = [];
  for (const bytes of envelopes) found.push((await open(by, bytes, now, budget)).outcome);
  return found;
}

/** The same founding with its last octets changed: each costs an HPKE opening, and fails. */
const junkOf = (bytes: Uint8Array, count: number) =>
  Array.from({ length: count }, (_, i) => flip(bytes, bytes.length - 1 - i));

describe("foundings that fail", () => {
  it("on a one-time key cost four tries an hour; what is over stays sealed, and opens later", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const { bytes } = await sealOne(ann, bo, "hello");
    const budget = new FoundingBudget();
    const before = entriesOf(bo);
    const junk = junkOf(bytes, KEY_FAILURES + 2);
    expect(await outcomes(bo, junk, START, budget)).toEqual([
      ...Array(KEY_FAILURES).fill("refused"),
      "unknown",
      "unknown",
    ]);
    expect((await open(bo, bytes, START + HOUR - 1, budget)).outcome).toBe("unknown");
    expect(entriesOf(bo)).toEqual(before);
    expect((await open(bo, bytes, START + HOUR, budget)).outcome).toBe("opened");
  });

  it("on one key leave every other as it was", async () => {
    const [ann, cy, bo] = [await actor(), await actor(), await actor()];
    const { bytes } = await sealOne(ann, bo, "hello");
    const other = await sealOne(cy, bo, "on another key");
    const budget = new FoundingBudget();
    await outcomes(bo, junkOf(bytes, KEY_FAILURES), START, budget);
    expect((await open(bo, bytes, START, budget)).outcome).toBe("unknown");
    expect((await open(bo, other.bytes, START, budget)).outcome).toBe("opened");
  });

  it("fewer than four do not keep the true one out", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const { bytes } = await sealOne(ann, bo, "hello");
    const budget = new FoundingBudget();
    await outcomes(bo, junkOf(bytes, KEY_FAILURES - 1), START, budget);
    expect((await open(bo, bytes, START, budget)).outcome).toBe("opened");
  });

  it("on the last-resort key cost 64 in a burst, then one each half a minute", async () => {
    const [ann, bo] = [await actor(), await actor(0)];
    const { bytes } = await sealOne(ann, bo, "hello");
    const budget = new FoundingBudget();
    const before = entriesOf(bo);
    const found = await outcomes(bo, junkOf(bytes, LAST_RESORT_FAILURES + 1), START, budget);
    expect(found.slice(0, LAST_RESORT_FAILURES).every((outcome) => outcome === "refused")).toBe(true);
    expect(found.at(-1)).toBe("unknown");
    const later = START + LAST_RESORT_REFILL;
    expect(await outcomes(bo, junkOf(bytes, 2), later, budget)).toEqual(["refused", "unknown"]);
    expect(entriesOf(bo)).toEqual(before);
    expect((await open(bo, bytes, later + LAST_RESORT_REFILL - 1, budget)).outcome).toBe("unknown");
    expect((await open(bo, bytes, later + LAST_RESORT_REFILL, budget)).outcome).toBe("opened");
  }, 30_000);

  it("because they must wait to be admitted count as well: what is tried again after every batch must not cost an opening each time", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const { bytes } = await sealOne(ann, bo, "of a conversation nobody told of");
    const budget = new FoundingBudget();
    let asked = 0;
    const admit = (): "not-yet" => {
      asked++;
      return "not-yet";
    };
    for (let i = 0; i < 2 * KEY_FAILURES; i++) {
      const context = { identity: bo.identity, now: START, budget, admit };
      const result = await bo.vault.transaction((draft) => openEnvelope(draft, context, bytes));
      expect(result.outcome).toBe("unknown");
    }
    expect(asked).toBe(KEY_FAILURES);
    expect((await open(bo, bytes, START + HOUR, budget)).outcome).toBe("opened");
  });

  it("because the device will not have them count as well: a contact with too many channels", async () => {
    const [ann, bo] = [await actor(), await actor(0)];
    const fresh = async () => {
      await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
      return (await sealOne(ann, bo, "x")).bytes;
    };
    for (let i = 0; i < MAX_LIVE_CHANNELS; i++) await opened(bo, await fresh());
    const beyond: Uint8Array[] = [];
    for (let i = 0; i <= LAST_RESORT_FAILURES; i++) beyond.push(await fresh());
    const found = await outcomes(bo, beyond, START, new FoundingBudget());
    expect(found.slice(0, LAST_RESORT_FAILURES).every((outcome) => outcome === "refused")).toBe(true);
    expect(found.at(-1)).toBe("unknown");
  }, 60_000);
});

describe("foundings that open", () => {
  it("on the last-resort key count when they are strangers', for addresses cost nothing", async () => {
    const [bo, ann] = [await actor(0), await actor()];
    const budget = new FoundingBudget();
    for (let i = 0; i < LAST_RESORT_FAILURES; i++) {
      const stranger = await actor(0);
      expect((await open(bo, (await sealOne(stranger, bo, "hi")).bytes, START, budget)).outcome).toBe(
        "opened",
      );
    }
    const one = await sealOne(ann, bo, "one too many");
    const before = entriesOf(bo);
    expect((await open(bo, one.bytes, START, budget)).outcome).toBe("unknown");
    expect(entriesOf(bo)).toEqual(before);
    expect((await open(bo, one.bytes, START + LAST_RESORT_REFILL, budget)).outcome).toBe("opened");
  }, 60_000);

  it("on the last-resort key do not count when their founder is known here", async () => {
    const [ann, bo] = [await actor(), await actor(1)];
    await acquainted(ann, bo);
    const budget = new FoundingBudget();
    for (let i = 0; i < MAX_LIVE_CHANNELS - 1; i++) {
      await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
      expect((await open(bo, (await sealOne(ann, bo, "hi")).bytes, START, budget)).outcome).toBe("opened");
    }
    const junk = (await sealOne(await actor(), bo, "junk")).bytes;
    const found = await outcomes(bo, junkOf(junk, LAST_RESORT_FAILURES), START, budget);
    expect(found.every((outcome) => outcome === "refused")).toBe(true);
  }, 60_000);

  it("on a one-time key never count", async () => {
    const bo = await actor(10);
    const budget = new FoundingBudget();
    for (let i = 0; i < 2 * KEY_FAILURES; i++) {
      const stranger = await actor(0);
      expect((await open(bo, (await sealOne(stranger, bo, "hi")).bytes, START, budget)).outcome).toBe(
        "opened",
      );
    }
  });

  it("and doubles of them cost nothing at all", async () => {
    const [ann, bo] = [await actor(), await actor(0)];
    const { bytes } = await sealOne(ann, bo, "hello");
    const budget = new FoundingBudget();
    await open(bo, bytes, START, budget);
    const doubles = await outcomes(bo, Array(2 * LAST_RESORT_FAILURES).fill(bytes), START, budget);
    expect(doubles.every((outcome) => outcome === "double")).toBe(true);
    expect((await open(bo, (await sealOne(await actor(), bo, "hi")).bytes, START, budget)).outcome).toBe(
      "opened",
    );
  });

  it("once, count when they come again after their mark is gone, as only a replay does", async () => {
    const [ann, bo] = [await actor(), await actor(0)];
    const { bytes } = await sealOne(ann, bo, "hello");
    await opened(bo, bytes);
    const copy = await copyOf(bo);
    await copy.vault.transaction((draft) => {
      for (const [name] of draft.list("opened/")) draft.delete(name);
    });
    const found = await outcomes(
      copy,
      Array(LAST_RESORT_FAILURES + 1).fill(bytes),
      START + WEEK * 1000,
      new FoundingBudget(),
    );
    expect(found.slice(0, LAST_RESORT_FAILURES).every((outcome) => outcome === "double")).toBe(true);
    expect(found.at(-1)).toBe("unknown");
  }, 30_000);
});
