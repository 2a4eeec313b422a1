import { describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { pair, person, readAll } from "./person.ts";
import { eventually, useRelay } from "./relay.ts";

describe("a device that is closed, or whose answers are lost", () => {
  const relay = useRelay();

  const agree = async (device: Device) =>
    device.consent({ notice: await device.notice(), purposes: ["messaging"], method: "test" });

  /** A device that never hears the answers to `paths`. */
  const losing = (paths: readonly string[], vault: MemoryVault) => {
    const lost: typeof fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (paths.includes(new URL(String(input)).pathname)) throw new TypeError("answer lost");
      return answer;
    };
    return Device.create({ relay: relay().origin, vault, platform: { fetch: lost } });
  };

  it("ends its open loop, at once and without an error nobody catches", async () => {
    const [, bo] = await pair(relay().origin);
    let open = false;
    const loop = (async () => {
      for await (const _ of bo.inbox({
        onState: (state) => {
          open ||= state === "open";
        },
      })) {
        // Nothing comes.
      }
    })();
    await eventually(() => open);
    await bo.close();
    await loop;
    // What goes on in the background had a second to stumble over the closed vault.
    await new Promise((resolve) => setTimeout(resolve, 1500));
  });

  it("can agree again when the answer to its withdrawal was lost", async () => {
    let lose = true;
    const flaky = (async (input, init) => {
      const answer = await fetch(input, init);
      if (lose && init?.method === "DELETE") throw new TypeError("answer lost");
      if (lose && String(input).includes("/v1/receipts/")) throw new TypeError("answer lost");
      return answer;
    }) as typeof fetch;
    const vault = new MemoryVault();
    const bo = await person(relay().origin, { vault, platform: { fetch: flaky } });
    await expect(bo.withdraw()).rejects.toThrow();
    lose = false;
    const again = await Device.open({ vault });
    await again.consent({ notice: await again.notice(), purposes: ["messaging"], method: "test" });
    const ann = await person(relay().origin);
    await ann.add(again.card());
    expect((await ann.send(again.address, "welcome back")).state).toBe("held");
    expect((await readAll(again)).map(({ text }) => text)).toEqual(["welcome back"]);
  });

  it("shows a text whose acknowledgement took effect and whose answer was lost", async () => {
    let lose = true;
    const flaky = (async (input, init) => {
      const answer = await fetch(input, init);
      if (lose && init?.method === "DELETE") throw new TypeError("answer lost");
      return answer;
    }) as typeof fetch;
    const bo = await person(relay().origin, { platform: { fetch: flaky } });
    const ann = await person(relay().origin);
    await ann.add(bo.card());
    await ann.send(bo.address, "erased there, not yet shown here");
    await expect(readAll(bo)).rejects.toThrow();
    lose = false;
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["erased there, not yet shown here"]);
  });

  it("keeps its channels when a proxy delivers its claim twice", async () => {
    const twice = (async (input, init) => {
      if (String(input).endsWith("/v1/mailbox/nonce")) await fetch(input, init);
      return fetch(input, init);
    }) as typeof fetch;
    const vault = new MemoryVault();
    const bo = await person(relay().origin, { vault });
    const ann = await person(relay().origin);
    await ann.add(bo.card());
    await ann.send(bo.address, "founding");
    await readAll(bo);
    await ann.send(bo.address, "on the channel");
    const doubled = await Device.open({ vault, platform: { fetch: twice } });
    expect((await readAll(doubled)).map(({ text }) => text)).toEqual(["on the channel"]);
  });

  it("seals and waits while its relay can't say that the vault is current", async () => {
    let down = true;
    const flaky = (async (input, init) => {
      if (down && String(input).endsWith("/v1/mailbox/nonce")) throw new TypeError("no route");
      return fetch(input, init);
    }) as typeof fetch;
    const vault = new MemoryVault();
    const ann = await person(relay().origin, { vault });
    const bo = await person(relay().origin);
    await ann.add(bo.card());
    await ann.send(bo.address, "founding");
    const offline = await Device.open({ vault, platform: { fetch: flaky } });
    const waiting = await offline.send(bo.address, "written offline");
    expect(waiting.state).toBe("queued");
    expect((await offline.send(bo.address, "now or never", { ttlSeconds: 0 })).state).toBe("expired");
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["founding"]);
    down = false;
    await offline.flush();
    expect((await offline.state(waiting.id)).state).toBe("held");
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["written offline"]);
  });

  it("can take back a yes whose answer was lost, though the first answer to that could not be checked", async () => {
    const vault = new MemoryVault();
    const cut = await losing(["/v1/consents", "/.well-known/jwks.json"], vault);
    await expect(agree(cut)).rejects.toThrow("does not answer");
    expect([cut.consented(), cut.mayBeConsented()]).toEqual([undefined, true]);
    await expect(cut.withdraw()).rejects.toThrow("does not answer");
    expect(cut.mayBeConsented()).toBe(true);

    const device = await Device.open({ vault });
    const { receipt = "" } = await device.withdraw();
    expect(JSON.parse(Buffer.from(receipt.split(".")[1] ?? "", "base64url").toString())).toMatchObject({
      ...{ ended: "withdrawn", erased: { consents: 1 } },
    });
    expect(device.mayBeConsented()).toBe(false);
    expect(await device.withdraw()).toEqual({ receipt });
    const [history, ...others] = await device.history();
    expect(history?.events.map(({ kind }) => kind)).toEqual(["granted", "withdrawn"]);
    expect([history?.findings, others]).toEqual([[], []]);
  });

  it("has nothing to take back where its yes never reached the relay, and can say it again", async () => {
    const vault = new MemoryVault();
    const away: typeof fetch = async (input, init) => {
      if (init?.method === "POST") throw new TypeError("no network");
      return fetch(input, init);
    };
    const cut = await Device.create({ relay: relay().origin, vault, platform: { fetch: away } });
    await expect(agree(cut)).rejects.toThrow("does not answer");
    await expect(cut.withdraw()).rejects.toThrow("has not taken effect");
    expect(await agree(await Device.open({ vault }))).toMatchObject({ proven: true });
  });
});
