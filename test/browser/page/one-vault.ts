/** A tab's one vault, worked from the test. */
import { bytesToUtf8, utf8ToBytes } from "@noble/ciphers/utils.js";
import { IndexedDbVault } from "../../../src/client/vault/indexed-db.ts";

let vault: IndexedDbVault | undefined;

export function open(): IndexedDbVault {
  if (vault === undefined) throw new Error("no vault is open in this tab");
  return vault;
}

/** @returns the name of the error, if it was not opened */
export async function openVault(name: string): Promise<string | undefined> {
  try {
    vault = await IndexedDbVault.open(name, "browser");
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

/** Opens when the tab that has the vault is gone. */
export async function openWhenFree(name: string): Promise<void> {
  await navigator.locks.request(`restante vault ${name}`, () => undefined);
  vault = await IndexedDbVault.open(name, "browser");
}

export async function closeVault(): Promise<void> {
  await open().close();
}

/** @returns the name of the error, if it was not written */
export async function put(name: string, value: string): Promise<string | undefined> {
  try {
    await open().transaction((draft) => draft.put(name, utf8ToBytes(value)));
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

export function putSize(name: string, size: number): Promise<string | undefined> {
  return put(name, "x".repeat(size));
}

/** The size of each entry, by name. */
export function sizes(): Record<string, number> {
  return Object.fromEntries(
    open()
      .list("")
      .map(([name, value]) => [name, value.length]),
  );
}

export async function checkpoint(): Promise<string | undefined> {
  try {
    await open().checkpoint();
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

export function entries(): string[] {
  return open()
    .list("")
    .map(([name, value]) => `${name}=${bytesToUtf8(value)}`);
}

/** Counts up in the vault, tells each number once it is durable, and checkpoints now and then; never ends. */
export async function countUp(tell: (confirmed: number) => void): Promise<never> {
  for (let n = 1; ; n++) {
    await open().transaction((draft) => {
      draft.put("count", utf8ToBytes(`${n}`));
      draft.put("twin", utf8ToBytes(`${n}`));
      draft.delete(`old/${n - 1}`);
      draft.put(`old/${n}`, utf8ToBytes("x".repeat(500)));
    });
    tell(n);
    if (n % 3 === 0) await open().checkpoint();
  }
}
