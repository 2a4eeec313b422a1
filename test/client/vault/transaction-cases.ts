/** What every vault promises, in memory or on a medium. They run in Node and in a browser's page. */
import { utf8ToBytes as octets } from "@noble/hashes/utils.js";
import { assertEqual, assertRejects, assertThrows } from "./assert.ts";
import { assertBehavesAsMap } from "./map-model.ts";
import type { Case, Place } from "./place.ts";

export const TRANSACTION_CASES: readonly Case<Place>[] = [
  {
    name: "begins empty",
    async run(make) {
      const vault = await make().open();
      assertEqual(vault.get("a"), undefined);
      assertEqual(vault.list(""), []);
      await vault.close();
    },
  },
  {
    name: "keeps what a transaction put and forgets what it deleted",
    async run(make) {
      const vault = await make().open();
      await vault.transaction((draft) => {
        draft.put("a", octets("1"));
        draft.put("b", octets("2"));
      });
      await vault.transaction((draft) => {
        draft.delete("a");
        draft.delete("never there");
        draft.put("b", new Uint8Array());
      });
      assertEqual(vault.get("a"), undefined);
      assertEqual(vault.get("b"), new Uint8Array());
      await vault.close();
    },
  },
  {
    name: "lists by prefix, in the order of names",
    async run(make) {
      const vault = await make().open();
      await vault.transaction((draft) => {
        for (const entry of ["k/2", "k/10", "kk", "k/1", "j"]) draft.put(entry, octets(entry));
      });
      assertEqual(namesOf(vault.list("k/")), ["k/1", "k/10", "k/2"]);
      assertEqual(namesOf(vault.list("")), ["j", "k/1", "k/10", "k/2", "kk"]);
      await vault.close();
    },
  },
  {
    name: "shows a transaction its own changes, and nobody else before it ends",
    async run(make) {
      const vault = await make().open();
      await vault.transaction((draft) => draft.put("a", octets("old")));
      await vault.transaction(async (draft) => {
        draft.put("a", octets("new"));
        draft.put("b", octets("b"));
        assertEqual(draft.get("a"), octets("new"));
        assertEqual(namesOf(draft.list("")), ["a", "b"]);
        draft.delete("a");
        assertEqual(draft.get("a"), undefined);
        assertEqual(namesOf(draft.list("")), ["b"]);
        await Promise.resolve();
        assertEqual(vault.get("a"), octets("old"));
        assertEqual(vault.get("b"), undefined);
      });
      assertEqual(vault.get("a"), undefined);
      await vault.close();
    },
  },
  {
    name: "gives the transaction's result",
    async run(make) {
      const vault = await make().open();
      assertEqual(await vault.transaction(() => 7), 7);
      assertEqual(await vault.transaction(async () => "later"), "later");
      await vault.close();
    },
  },
  {
    name: "changes nothing when a transaction throws, and goes on",
    async run(make) {
      const vault = await make().open();
      await vault.transaction((draft) => draft.put("a", octets("1")));
      const failing = vault.transaction((draft) => {
        draft.put("a", octets("2"));
        draft.delete("a");
        draft.put("b", octets("3"));
        throw new Error("on purpose");
      });
      await assertRejects(failing, "on purpose");
      assertEqual(vault.list(""), [["a", octets("1")]]);
      await vault.transaction((draft) => draft.put("b", octets("4")));
      assertEqual(vault.get("b"), octets("4"));
      await vault.close();
    },
  },
  {
    name: "runs one transaction at a time",
    async run(make) {
      const vault = await make().open();
      await vault.transaction((draft) => draft.put("n", Uint8Array.of(0)));
      const increment = () =>
        vault.transaction(async (draft) => {
          const n = draft.get("n")?.[0] ?? 0;
          await new Promise((resolve) => setTimeout(resolve));
          draft.put("n", Uint8Array.of(n + 1));
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      assertEqual(vault.get("n"), Uint8Array.of(20));
      await vault.close();
    },
  },
  {
    name: "is not changed by changes to the octets that went in or came out",
    async run(make) {
      const vault = await make().open();
      const value = octets("abc");
      await vault.transaction((draft) => {
        draft.put("a", value);
        value.fill(0);
        draft.get("a")?.fill(1);
        draft.list("")[0]?.[1].fill(1);
      });
      vault.get("a")?.fill(2);
      vault.list("")[0]?.[1].fill(3);
      assertEqual(vault.get("a"), octets("abc"));
      await vault.transaction((draft) => {
        draft.get("a")?.fill(4);
        draft.list("")[0]?.[1].fill(4);
      });
      assertEqual(vault.get("a"), octets("abc"));
      await vault.close();
    },
  },
  {
    name: "refuses a draft that is used after its transaction",
    async run(make) {
      const vault = await make().open();
      const draft = await vault.transaction((running) => running);
      assertThrows(() => draft.put("a", octets("lost")), "ended");
      assertThrows(() => draft.get("a"), "ended");
      await vault.close();
    },
  },
  {
    name: "takes any name that is well-formed, and refuses one that it could not give back",
    async run(make) {
      const vault = await make().open();
      const names = ["", " ", "a\0b", "\u00e9", "e\u0301", "\ufeff", "\u{1f4ee}", "n".repeat(65_535)];
      await vault.transaction((draft) => {
        for (const name of names) draft.put(name, octets(name.slice(0, 9)));
        assertThrows(() => draft.put("\ud800", octets("x")), RangeError);
        assertThrows(() => draft.put("n".repeat(65_536), octets("x")), RangeError);
        assertThrows(() => draft.put("\u00e9".repeat(32_768), octets("x")), RangeError);
      });
      await vault.checkpoint();
      assertEqual(namesOf(vault.list("")), [...names].sort());
      for (const name of names) assertEqual(vault.get(name), octets(name.slice(0, 9)));
      await vault.close();
    },
  },
  {
    name: "keeps its state over a checkpoint",
    async run(make) {
      const vault = await make().open();
      await vault.transaction((draft) => {
        draft.put("kept", octets("1"));
        draft.put("gone", octets("2"));
      });
      await vault.transaction((draft) => draft.delete("gone"));
      await vault.checkpoint();
      assertEqual(vault.list(""), [["kept", octets("1")]]);
      await vault.transaction((draft) => draft.put("after", octets("3")));
      assertEqual(vault.get("after"), octets("3"));
      await vault.close();
    },
  },
  {
    name: "throws on every call once closed, but closing again is harmless",
    async run(make) {
      const vault = await make().open();
      const last = vault.transaction((draft) => draft.put("a", octets("1")));
      await vault.close();
      await last;
      assertThrows(() => vault.get("a"), "closed");
      assertThrows(() => vault.list(""), "closed");
      await assertRejects(
        vault.transaction(() => undefined),
        "closed",
      );
      await assertRejects(vault.checkpoint(), "closed");
      await vault.close();
    },
  },
  {
    name: "behaves as a map under any run of transactions and checkpoints",
    run: (make) => assertBehavesAsMap(make, { reopens: false }),
  },
];

function namesOf(entries: readonly [name: string, value: Uint8Array][]): string[] {
  return entries.map(([name]) => name);
}
