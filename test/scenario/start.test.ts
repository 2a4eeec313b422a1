import { spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { PROJECT } from "../../src/local/wrangler.ts";
import { RawDevice } from "./raw-device.ts";
import { eventually } from "./relay.ts";

it("npm start serves a working relay, shows one-time codes, keeps a secret only its owner can read, and ends when told to", async () => {
  const port = await freePort();
  const start = join(PROJECT, "src/local/start.ts");
  const relay = spawn(process.execPath, ["--no-warnings", start, "--port", String(port)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => relay.once("close", () => resolve()));
  let output = "";
  const listens = new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output += chunk;
      if (output.includes(`listens on http://127.0.0.1:${port}`)) resolve();
    };
    relay.stdout.on("data", hear);
    relay.stderr.on("data", hear);
    void ended.then(() => reject(new Error(`It ended early: ${output}`)));
  });
  try {
    await listens;
    const device = await RawDevice.consenting(`http://127.0.0.1:${port}`);
    await device.consent("messaging", "number");
    const json = { number: "+4915112345678" };
    expect((await device.signed("POST", "/v1/verifications", { json })).status).toBe(201);
    await eventually(() => /One-time code for the number that ends in 78: [0-9]{6}/.test(output));
    const directory = await fetch(`http://127.0.0.1:${port}/v1/directory`);
    expect(await directory.json()).toMatchObject({
      keys: [{ version: 1 }],
      introductionKeys: [{ version: 1 }],
    });
    expect((await device.signed("DELETE", "/v1/consents/current")).status).toBe(200);
    expect(((await stat(join(PROJECT, ".dev.vars"))).mode & 0o077).toString(8)).toBe("0");
    expect(output).not.toContain(device.address);
    expect(output).not.toContain("15112345678");
  } finally {
    relay.kill("SIGTERM");
    await ended;
  }
  await expect(fetch(`http://127.0.0.1:${port}/v1/health`)).rejects.toThrow();
}, 60_000);

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
