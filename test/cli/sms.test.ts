import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { smsLink, useSms } from "../../src/cli/sms.ts";
import type { Device } from "../../src/client/device.ts";
import type { SmsHook } from "../../src/client/fallback/handing-over.ts";

const folder = mkdtempSync(join(tmpdir(), "restante-sms-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

/** The hook that the command line would give a device. */
function hookWith(command: string | undefined): SmsHook {
  let given: SmsHook | undefined;
  const numbers = { onSms: (hook: SmsHook | undefined) => (given = hook) };
  useSms({ numbers } as unknown as Device, command);
  if (given === undefined) throw new Error("no hook");
  return given;
}

function program(name: string, lines: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o700);
  return path;
}

const SMS = {
  number: "+12025550143",
  text: `Lunch? "$(touch ${folder}/run)" & more; 'ok'\n`,
  id: "id",
  proofs: [],
};

describe("an SMS", () => {
  it("by a program: the number in its environment, the text on stdin, and no shell in between", async () => {
    const path = program(
      "sends",
      `printf '%s\\n' "$RESTANTE_SMS_NUMBER" "$RESTANTE_SMS_ID" "$#" > ${folder}/seen; cat >> ${folder}/seen`,
    );
    await hookWith(path)(SMS);
    expect(readFileSync(join(folder, "seen"), "utf8")).toBe(`+12025550143\nid\n0\n${SMS.text}`);
    expect(() => readFileSync(join(folder, "run"))).toThrow();
  });

  it("by a program or the system's own app: neither is told the vault's passphrase, nor where it lies", async () => {
    const secrets = { RESTANTE_PASSPHRASE: "three black cats", RESTANTE_HOME: "/home/ann/.restante" };
    vi.stubEnv("RESTANTE_PASSPHRASE", secrets.RESTANTE_PASSPHRASE);
    vi.stubEnv("RESTANTE_HOME", secrets.RESTANTE_HOME);
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
    for (const opener of ["xdg-open", "open", "rundll32"]) program(opener, `env > ${folder}/environment`);
    for (const command of [program("tells", `env > ${folder}/environment`), undefined]) {
      writeFileSync(join(folder, "environment"), "");
      await hookWith(command)(SMS);
      const environment = readFileSync(join(folder, "environment"), "utf8");
      expect(environment).toContain("PATH=");
      for (const secret of Object.values(secrets)) expect(environment).not.toContain(secret);
    }
  });

  it("that the program says it did not send, or that is no program, did not go", async () => {
    await expect(hookWith(program("fails", "exit 3"))(SMS)).rejects.toThrow("ended with 3");
    await expect(hookWith(join(folder, "missing"))(SMS)).rejects.toThrow();
    await hookWith(program("deaf", "exit 0"))({ ...SMS, text: "x".repeat(60_000) });
  });

  it("by link holds the text whole (RFC 5724)", () => {
    const link = new URL(smsLink(SMS.number, SMS.text));
    expect([link.protocol, link.pathname, link.searchParams.get("body")]).toEqual([
      "sms:",
      SMS.number,
      SMS.text,
    ]);
    expect(smsLink("+1202", "a b&c")).toBe("sms:+1202?body=a%20b%26c");
  });
});
