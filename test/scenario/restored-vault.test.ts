import { randomBytes } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { FileVault } from "../../src/client/vault/file.ts";
import { person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

describe("a vault that was restored from an old copy", () => {
  const relay = useRelay();
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "restante-restored-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("seals nothing on the old chains: what it sends arrives, and is not taken for a double", async () => {
    const secret = { key: new Uint8Array(randomBytes(32)) };
    const path = join(folder, "ann.vault");
    const ann = await person(relay().origin, { vault: await FileVault.open(path, secret) });
    const bo = await person(relay().origin);
    await ann.add(bo.card());
    await bo.add(ann.card());
    await ann.send(bo.address, "before the copy");
    await ann.close();
    await cp(path, `${path}.copy`);

    const later = await Device.open({ vault: await FileVault.open(path, secret) });
    await later.send(bo.address, "after the copy");
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["before the copy", "after the copy"]);
    await bo.send(later.address, "an answer");
    expect((await readAll(later)).map(({ text }) => text)).toEqual(["an answer"]);
    await later.close();
    await cp(`${path}.copy`, path);

    const restored = await Device.open({ vault: await FileVault.open(path, secret) });
    expect((await restored.send(bo.address, "from the old copy")).state).toBe("held");
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["from the old copy"]);
    await bo.send(restored.address, "still there?");
    expect((await readAll(restored)).map(({ text }) => text)).toEqual(["still there?"]);
    await restored.close();
  });
});
