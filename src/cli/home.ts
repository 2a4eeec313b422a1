/**
 * The folder that holds a device: `vault`, and `key` when it was made without a passphrase. One device a
 * folder; no other state anywhere.
 */
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes } from "@noble/hashes/utils.js";
import type { Device } from "../client/device.ts";
import { errorCode, unlessMissing } from "../client/vault/durable-file.ts";
import { KEY_SIZE, type VaultSecret } from "../client/vault/master-key.ts";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { Failure } from "./failure.ts";
import { canAsk, withoutEcho } from "./prompt.ts";

const VARIABLE = "RESTANTE_PASSPHRASE";
const OWNER_ONLY = 0o077;

export function keyFile(home: string): string {
  return join(home, "key");
}

/** Opens the folder's device, lets `use` have it, and closes it whatever happens. */
export async function withDevice<T>(home: string, use: (device: Device) => Promise<T>): Promise<T> {
  if (!(await exists(join(home, "vault"))))
    throw new Failure("no-device", `There is no device in ${home}. Run: restante init --relay URL`);
  const secret = (await readKeyFile(home)) ?? { passphrase: await passphrase() };
  const { Device, FileVault } = await loadClient();
  const vault = await FileVault.open(join(home, "vault"), secret);
  const device = await Device.open({ vault }).catch(async (error) => {
    await vault.close();
    throw error;
  });
  try {
    return await use(device);
  } finally {
    await device.close();
  }
}

/** Makes the folder and a new device in it, and sends nothing. */
export async function createDevice(
  home: string,
  options: { relay: string; jurisdiction: string; withPassphrase: boolean },
): Promise<{ address: string; relay: string }> {
  if (await exists(join(home, "vault")))
    throw new Failure("device-exists", `There is a device in ${home} already. Choose another --home.`);
  const secret = options.withPassphrase ? { passphrase: await newPassphrase() } : undefined;
  const { Device, FileVault } = await loadClient();
  await mkdir(home, { recursive: true, mode: 0o700 });
  const vault = await FileVault.open(join(home, "vault"), secret ?? (await makeKeyFile(home)));
  try {
    const { relay, jurisdiction } = options;
    const device = await Device.create({ relay, jurisdiction, vault });
    return { address: device.address, relay: device.relay };
  } finally {
    await vault.close();
  }
}

async function passphrase(): Promise<string> {
  const given = process.env[VARIABLE];
  if (given) return given;
  if (!canAsk()) throw new Failure("usage", `Nobody can be asked for the passphrase here: set ${VARIABLE}.`);
  return withoutEcho((ask) => ask("Passphrase: "));
}

async function newPassphrase(): Promise<string> {
  const given = process.env[VARIABLE];
  if (given) return given;
  if (!canAsk())
    throw new Failure(
      "usage",
      `Nobody can be asked for a passphrase here: set ${VARIABLE}, or add --no-passphrase.`,
    );
  return withoutEcho(async (ask) => {
    const first = await ask("A passphrase for this device's vault: ");
    if (first === "")
      throw new Failure(
        "usage",
        "The passphrase is empty. Choose one, or add --no-passphrase and read what it means.",
      );
    if (first.normalize("NFC") !== (await ask("The same again: ")).normalize("NFC"))
      throw new Failure("usage", "The two are not the same. Nothing was made; try again.");
    return first;
  });
}

/** Loaded once a passphrase has been asked for: until then the terminal echoes what is typed ahead. */
async function loadClient() {
  const [{ Device }, { FileVault }] = await Promise.all([
    import("../client/device.ts"),
    import("../client/vault/file.ts"),
  ]);
  return { Device, FileVault };
}

async function readKeyFile(home: string): Promise<VaultSecret | undefined> {
  const path = keyFile(home);
  const text = await readFile(path, "utf8").catch(unlessMissing);
  if (text === undefined) return undefined;
  const { mode } = await stat(path);
  if (process.platform !== "win32" && (mode & OWNER_ONLY) !== 0)
    throw new Failure("key-exposed", `Others can read ${path}. Run: chmod 600 ${path}`);
  const key = decodeBase64url(text.trim(), KEY_SIZE);
  if (key === undefined) throw new Failure("vault-unreadable", `${path} does not hold a key. Restore it.`);
  return { key };
}

/** A key left by an init that was cut off opens nothing yet: it is taken. */
async function makeKeyFile(home: string): Promise<VaultSecret> {
  const path = keyFile(home);
  const key = randomBytes(KEY_SIZE);
  try {
    await writeFile(path, `${encodeBase64url(key)}\n`, { flag: "wx", mode: 0o600, flush: true });
    // The process's umask may have taken more away, never given: but say it again for odd file systems.
    await chmod(path, 0o600);
    return { key };
  } catch (error) {
    const kept = errorCode(error) === "EEXIST" ? await readKeyFile(home) : undefined;
    if (kept === undefined) throw error;
    return kept;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(unlessMissing)) !== undefined;
}
