import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Vault } from "../../../src/client/vault/vault.ts";

const octets = utf8ToBytes;

/** What every vault promises. `make` gives a new, empty one. */
export function describeVault(name: string, make: () => Promise<Vault>): void {
  describe(name, () => {
    it("begins empty", async () => {
      const vault = await make();
      expect(vault.get("a")).toBeUndefined();
      expect(vault.list("")).toEqual([]);
      await vault.close();
    });

    it("keeps what a transaction put and forgets what it deleted", async () => {
      const vault = await make();
      await vault.transaction((draft) => {
        draft.put("a", octets("1"));
        draft.put("b", octets("2"));
      });
      await vault.transaction((draft) => {
        draft.delete("a");
        draft.delete("never there");
        draft.put("b", new Uint8Array());
      });
      expect(vault.get("a")).toBeUndefined();
      expect(vault.get("b")).toEqual(new Uint8Array());
      await vault.close();
    });

    it("lists by prefix, in the order of names", async () => {
      const vault = await make();
      await vault.transaction((draft) => {
        for (const entry of ["k/2", "k/10", "kk", "k/1", "j"]) draft.put(entry, octets(entry));
      });
      expect(vault.list("k/").map(([entry]) => entry)).toEqual(["k/1", "k/10", "k/2"]);
      expect(vault.list("").map(([entry]) => entry)).toEqual(["j", "k/1", "k/10", "k/2", "kk"]);
      await vault.close();
    });

    it("shows a transaction its own changes, and nobody else before it ends", async () => {
      const vault = await make();
      await vault.transaction((draft) => draft.put("a", octets("old")));
      await vault.transaction(async (draft) => {
        draft.put("a", octets("new"));
        draft.put("b", octets("b"));
        expect(draft.get("a")).toEqual(octets("new"));
        expect(draft.list("").map(([entry]) => entry)).toEqual(["a", "b"]);
        draft.delete("a");
        expect(draft.get("a")).toBeUndefined();
        expect(draft.list("").map(([entry]) => entry)).toEqual(["b"]);
        await Promise.resolve();
        expect(vault.get("a")).toEqual(octets("old"));
        expect(vault.get("b")).toBeUndefined();
      });
      expect(vault.get("a")).toBeUndefined();
      await vault.close();
    });

    it("gives the transaction's result", async () => {
      const vault = await make();
      expect(await vault.transaction(() => 7)).toBe(7);
      expect(await vault.transaction(async () => "later")).toBe("later");
      await vault.close();
    });

    it("changes nothing when a transaction throws, and goes on", async () => {
      const vault = await make();
      await vault.transaction((draft) => draft.put("a", octets("1")));
      const failing = vault.transaction((draft) => {
        draft.put("a", octets("2"));
        draft.delete("a");
        draft.put("b", octets("3"));
        throw new Error("on purpose");
      });
      await expect(failing).rejects.toThrow("on purpose");
      expect(vault.list("")).toEqual([["a", octets("1")]]);
      await vault.transaction((draft) => draft.put("b", octets("4")));
      expect(vault.get("b")).toEqual(octets("4"));
      await vault.close();
    });

    it("runs one transaction at a time", async () => {
      const vault = await make();
      await vault.transaction((draft) => draft.put("n", Uint8Array.of(0)));
      const increment = () =>
        vault.transaction(async (draft) => {
          const n = draft.get("n")?.[0] ?? 0;
          await new Promise((resolve) => setImmediate(resolve));
          draft.put("n", Uint8Array.of(n + 1));
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      expect(vault.get("n")).toEqual(Uint8Array.of(20));
      await vault.close();
    });

    it("is not changed by changes to the octets that went in or came out", async () => {
      const vault = await make();
      const value = octets("abc");
      await vault.transaction((draft) => {
        draft.put("a", value);
        value.fill(0);
        draft.get("a")?.fill(1);
      });
      vault.get("a")?.fill(2);
      vault.list("")[0]?.[1].fill(3);
      expect(vault.get("a")).toEqual(octets("abc"));
      await vault.close();
    });

    it("refuses a draft that is used after its transaction", async () => {
      const vault = await make();
      const draft = await vault.transaction((running) => running);
      expect(() => draft.put("a", octets("lost"))).toThrow("ended");
      expect(() => draft.get("a")).toThrow("ended");
      await vault.close();
    });

    it("refuses names that it could not give back", async () => {
      const vault = await make();
      await vault.transaction((draft) => {
        expect(() => draft.put("\ud800", octets("x"))).toThrow(RangeError);
        expect(() => draft.put("n".repeat(65_536), octets("x"))).toThrow(RangeError);
      });
      expect(vault.list("")).toEqual([]);
      await vault.close();
    });

    it("keeps its state over a checkpoint", async () => {
      const vault = await make();
      await vault.transaction((draft) => {
        draft.put("kept", octets("1"));
        draft.put("gone", octets("2"));
      });
      await vault.transaction((draft) => draft.delete("gone"));
      await vault.checkpoint();
      expect(vault.list("")).toEqual([["kept", octets("1")]]);
      await vault.transaction((draft) => draft.put("after", octets("3")));
      expect(vault.get("after")).toEqual(octets("3"));
      await vault.close();
    });

    it("throws on every call once closed, but closing again is harmless", async () => {
      const vault = await make();
      const last = vault.transaction((draft) => draft.put("a", octets("1")));
      await vault.close();
      await last;
      expect(() => vault.get("a")).toThrow("closed");
      expect(() => vault.list("")).toThrow("closed");
      await expect(vault.transaction(() => undefined)).rejects.toThrow("closed");
      await expect(vault.checkpoint()).rejects.toThrow("closed");
      await vault.close();
    });

    it("behaves as a map under any run of transactions and checkpoints", async () => {
      const entry = fc.constantFrom("a", "b", "c/1", "c/2", "é", "\ufeff");
      const step = fc.oneof(
        fc.record({
          puts: fc.array(fc.tuple(entry, fc.uint8Array({ maxLength: 40 })), { maxLength: 3 }),
          deletes: fc.array(entry, { maxLength: 2 }),
          fails: fc.boolean(),
        }),
        fc.constant("checkpoint" as const),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const vault = await make();
          let model = new Map<string, Uint8Array>();
          for (const next of steps) {
            if (next === "checkpoint") {
              await vault.checkpoint();
              continue;
            }
            const changed = new Map(model);
            const ran = vault.transaction((draft) => {
              for (const [at, value] of next.puts) {
                draft.put(at, value);
                changed.set(at, value);
              }
              for (const at of next.deletes) {
                draft.delete(at);
                changed.delete(at);
              }
              if (next.fails) throw new Error("on purpose");
            });
            if (next.fails) await expect(ran).rejects.toThrow("on purpose");
            else {
              await ran;
              model = changed;
            }
          }
          expect(new Map(vault.list(""))).toEqual(model);
          await vault.close();
        }),
        { numRuns: 25 },
      );
    });
  });
}
