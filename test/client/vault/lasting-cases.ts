/** What a vault with a medium promises besides. They run in Node and in a browser's page. */
import { bytesToUtf8, utf8ToBytes as octets } from "@noble/ciphers/utils.js";
import { type Vault, VaultInUseError } from "../../../src/client/vault/vault.ts";
import { assertEqual, assertRejects } from "./assert.ts";
import { assertBehavesAsMap } from "./map-model.ts";
import type { Case, Copy, Entry, LastingPlace } from "./place.ts";

const SECRET = "a rather long secret";
/** A header ends with its data key, sealed: 32 octets and a tag. */
const SEALED_KEY_SIZE = 48;

export const LASTING_CASES: readonly Case<LastingPlace>[] = [
  {
    name: "is there again after it was closed, with or without a checkpoint",
    async run(make) {
      const place = make();
      const vault = await place.open();
      await vault.transaction((draft) => draft.put("a", octets("1")));
      await vault.transaction((draft) => draft.put("b", octets("2")));
      await vault.close();
      const again = await place.open();
      assertEqual(textsOf(again), ["a=1", "b=2"]);
      await again.transaction((draft) => draft.delete("b"));
      await again.checkpoint();
      await again.transaction((draft) => draft.put("c", octets("3")));
      await again.close();
      const last = await place.open();
      assertEqual(textsOf(last), ["a=1", "c=3"]);
      await last.close();
    },
  },
  {
    name: "behaves as a map that is put away and taken out again",
    run: (make) => assertBehavesAsMap(make, { reopens: true }),
  },
  {
    name: "keeps a second opener out until it closes",
    async run(make) {
      const place = make();
      const vault = await place.open();
      await vault.transaction((draft) => draft.put("a", octets("1")));
      await assertRejects(place.open(), VaultInUseError);
      await vault.transaction((draft) => draft.put("b", octets("2")));
      await vault.close();
      const second = await place.open();
      assertEqual(textsOf(second), ["a=1", "b=2"]);
      await second.close();
    },
  },
  {
    name: "opens for one of many who try at once",
    async run(make) {
      const place = make();
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => place.open()));
      const opened = tries.filter((tried) => tried.status === "fulfilled").map(({ value }) => value);
      assertEqual(opened.length, 1, "openers");
      for (const tried of tries)
        if (tried.status === "rejected") await assertRejects(Promise.reject(tried.reason), VaultInUseError);
      await opened[0]?.close();
    },
  },
  {
    name: "writes nothing over a state that is not the one it left",
    async run(make) {
      const place = make();
      const vault = await place.open();
      await vault.transaction((draft) => draft.put("a", octets("1")));
      const before = await place.copy();
      await vault.transaction((draft) => draft.put("b", octets("2")));
      await place.restore(before);

      const put = () => vault.transaction((draft) => draft.put("c", octets("3")));
      await assertRejects(put(), VaultInUseError);
      await assertRejects(vault.checkpoint(), VaultInUseError);
      await assertRejects(put(), VaultInUseError);
      assertEqual(textsOf(vault), ["a=1", "b=2"]);
      assertEqual((await place.copy()).octets, before.octets, "the medium");

      await vault.close();
      const restored = await place.open();
      assertEqual(textsOf(restored), ["a=1"]);
      await restored.transaction((draft) => draft.put("d", octets("4")));
      await restored.close();
    },
  },
  {
    name: "shows neither names nor values",
    async run(make) {
      const place = make();
      const vault = await place.open();
      await vault.transaction((draft) => draft.put(`${SECRET} name`, octets(`${SECRET} value`)));
      const appended = await place.copy();
      await vault.checkpoint();
      for (const { octets: found } of [appended, await place.copy()])
        assertEqual(found.filter((one) => latin1(one).includes(SECRET)).length, 0, "places of the secret");
      await vault.close();
    },
  },
  {
    name: "leaves after a checkpoint no key for anything that was there before",
    async run(make) {
      const place = make();
      const vault = await place.open();
      await vault.transaction((draft) => {
        draft.put("used", octets(SECRET));
        draft.put("kept", octets("still here"));
      });
      await vault.checkpoint();
      const asSnapshot = await place.copy();
      await vault.transaction((draft) => draft.put("used later", octets(SECRET)));
      await vault.transaction((draft) => {
        draft.delete("used");
        draft.delete("used later");
      });
      const asRecords = await place.copy();
      // As long as there was no checkpoint, whoever has the medium and the secret reads it.
      assertEqual(secretsIn(await asSnapshot.opens(asSnapshot)), ["used"]);
      assertEqual(secretsIn(await asRecords.opens(asRecords)), ["used", "used later"]);

      await vault.checkpoint();
      const after = await place.copy();
      const kept: Entry = ["kept", octets("still here")];
      assertEqual(await after.opens(after), [kept]);
      for (const before of [asSnapshot, asRecords]) {
        assertEqual(await after.opens(before), [], "with the keys that are left");
        assertEqual(await before.opens(after), [], "with the keys that were");
        assertEqual(inCommon(before, after), 0, "octet strings that stayed");
      }

      await vault.close();
      const again = await place.open();
      assertEqual(textsOf(again), ["kept=still here"]);
      assertEqual(await (await place.copy()).opens(asRecords), []);
      await again.close();
    },
  },
  {
    name: "writes as much as changed, not as much as there is",
    async run(make) {
      const place = make();
      const vault = await place.open();
      await vault.transaction((draft) => draft.put("big", new Uint8Array(500_000)));
      const before = await place.copy();
      await vault.transaction((draft) => draft.put("small", octets("x")));
      await vault.transaction(() => undefined);
      const grown = sizeOf(await place.copy()) - sizeOf(before);
      assertEqual(grown > 0 && grown < 150, true, `${grown} octets`);
      await vault.close();
    },
  },
  {
    name: "does not grow without end when nobody asks for a checkpoint",
    async run(make) {
      const place = make();
      const vault = await place.open();
      for (let i = 0; i < 12; i++)
        await vault.transaction((draft) => draft.put("same", new Uint8Array(400_000).fill(i)));
      const size = sizeOf(await place.copy());
      assertEqual(size < 2_500_000, true, `${size} octets`);
      assertEqual(vault.get("same")?.[0], 11);
      await vault.close();
    },
  },
];

function textsOf(vault: Vault): string[] {
  return vault.list("").map(([name, value]) => `${name}=${bytesToUtf8(value)}`);
}

function secretsIn(entries: readonly Entry[]): string[] {
  return entries.filter(([, value]) => value && latin1(value) === SECRET).map(([name]) => name);
}

function sizeOf({ octets: found }: Copy): number {
  return found.reduce((sum, one) => sum + one.length, 0);
}

/** Sealed data keys and ends of records that are in both copies. */
function inCommon(a: Copy, b: Copy): number {
  const all = b.octets.map(latin1).join("");
  return a.octets.filter((one) => all.includes(latin1(one.slice(-SEALED_KEY_SIZE)))).length;
}

function latin1(bytes: Uint8Array): string {
  // Pieces, because an argument list of a whole vault would be too long.
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
