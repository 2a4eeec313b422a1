import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { FoundingBudget } from "../../src/client/channel/budget.ts";
import { openEnvelope } from "../../src/client/channel/opening.ts";
import { readIdentity } from "../../src/client/identity.ts";
import { FileVault } from "../../src/client/vault/file.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { Reader } from "../../src/local/demo/reader.ts";
import { readMailboxes } from "../../src/local/storage.ts";
import { decodeRelayFrame, encodeAcknowledge } from "../../src/protocol/frames.ts";
import { Shelf, valuesOn } from "../faults/seized-vault.ts";
import { latin1 } from "../faults/windows.ts";
import { person, readAll } from "./person.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";

describe("promise 5: erased on acknowledgement", () => {
  const relay = useRelay();
  const bodies = async () =>
    (await readMailboxes(relay().state)).flatMap(({ message = [] }) =>
      message.flatMap(({ body }) => (body instanceof Uint8Array ? [body] : [])),
    );

  it("deletes the row, by socket and by pull", async () => {
    const ann = await person(relay().origin);
    const bo = await person(relay().origin);
    await ann.add(bo.card());
    await ann.send(bo.address, "by pull");
    expect(await bodies()).toHaveLength(1);
    await readAll(bo);
    expect(await bodies()).toHaveLength(0);
    await ann.send(bo.address, "by socket");
    const reader = new Reader(bo);
    expect((await reader.next()).text).toBe("by socket");
    await eventually(async () => (await bodies()).length === 0);
    await reader.close();
  });

  it("takes the text itself off the device's medium as soon as the app is done with it and waits for more", async () => {
    const folder = await mkdtemp(join(tmpdir(), "restante-erased-"));
    const key = randomBytes(32);
    const vault = await FileVault.open(join(folder, "vault"), { key });
    const ann = await person(relay().origin);
    const bo = await person(relay().origin, { vault });
    await ann.add(bo.card());
    await ann.send(bo.address, "read, and done with");
    const shelf = new Shelf(folder);
    const reader = new Reader(bo);
    // The reader asks for the next one at once.
    expect((await reader.next()).text).toBe("read, and done with");
    await eventually(async () =>
      valuesOn(await shelf.look(), key).every((value) => !latin1(value).includes("read, and done with")),
    );
    await reader.close();
    await bo.close();
    await rm(folder, { recursive: true });
  });

  it("leaves a device that cannot open the envelope again, even with the relay's copy of it", async () => {
    const vault = new MemoryVault();
    const ann = await person(relay().origin);
    const bo = await person(relay().origin, { vault });
    await ann.add(bo.card());
    for (const text of ["one", "two", "three"]) await ann.send(bo.address, text);
    const copies = await bodies();
    expect(copies).toHaveLength(3);
    expect(await readAll(bo)).toHaveLength(3);

    const identity = readIdentity(vault);
    for (const copy of copies) {
      const budget = new FoundingBudget();
      const admit = (): "admitted" => "admitted";
      const context = { identity, now: Date.now(), budget, admit };
      const outcome = await vault.transaction((draft) => openEnvelope(draft, context, copy));
      expect(outcome.outcome).not.toBe("opened");
    }
  });

  it("holds a message until it is acknowledged, however often it is pushed", async () => {
    const bo = await RawDevice.consenting(relay().origin);
    const envelope = anyEnvelope();
    expect((await deposit(bo, envelope)).status).toBe(201);
    for (let i = 0; i < 3; i++) {
      const socket = await bo.connect();
      const pushed = decodeRelayFrame(await socket.next());
      expect(pushed).toMatchObject({ kind: "message", body: envelope, revocable: false });
      expect(decodeRelayFrame(await socket.next())).toEqual({ kind: "caught-up" });
      socket.close();
      await socket.closed;
      expect(await bodies()).toHaveLength(1);
    }
    const socket = await bo.connect();
    const last = decodeRelayFrame(await socket.next());
    const id = last?.kind === "message" ? last.id : 0;
    expect(decodeRelayFrame(await socket.next())).toEqual({ kind: "caught-up" });
    socket.send(encodeAcknowledge([id]));
    expect(decodeRelayFrame(await socket.next())).toEqual({
      kind: "erased",
      results: [{ id, erased: true }],
    });
    expect(await bodies()).toHaveLength(0);
    socket.close();
  });
});
