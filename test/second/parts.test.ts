/** Long texts between the SDK and the implementation written from the page. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { contentsOf } from "../../src/client/addressing.ts";
import { decodeMessage, encodeMessage, type Part as SdkPart } from "../../src/client/channel/content.ts";
import { takePart } from "../../src/client/parts/assembly.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { type Assembly, assemble, cut } from "./parts.ts";
import { readContent } from "./reading-content.ts";
import { writeContent } from "./writing-content.ts";

const BODY = "Ä long text. ".repeat(11_000);
const address = {
  id: Uint8Array.from(randomBytes(16)),
  conversation: Uint8Array.from(randomBytes(16)),
  members: Uint8Array.from(randomBytes(32)),
};
const head = { sentAt: 1, known: 0 };

describe("a long text", () => {
  it("that the SDK cut is put together from the page, in any order", () => {
    const assemblies: Assembly[] = [];
    const said = contentsOf({ ...address, revocable: false }, BODY).map((content, i) => {
      const read = readContent(encodeMessage({ head, counter: i + 1, content }));
      if (read?.body.kind !== "part") throw new Error("a part expected");
      return read.body;
    });
    expect(said).toHaveLength(3);
    const outcomes = [2, 0, 0, 1].map((i) => {
      const part = said[i];
      return part && assemble(assemblies, "somebody", part);
    });
    expect(outcomes.map((outcome) => outcome?.outcome)).toEqual(["waiting", "waiting", "dropped", "whole"]);
    expect(outcomes.at(-1)).toMatchObject({ body: BODY });
  });

  it("that was cut from the page is put together by the SDK", async () => {
    const vault = new MemoryVault();
    const parts = cut(address, BODY, undefined).map((body, i): SdkPart => {
      const octets = writeContent(head, { ...body, counter: i + 1 });
      const content = decodeMessage(octets)?.content;
      if (content?.kind !== "part") throw new Error("a part expected");
      return content;
    });
    const taken = [];
    for (const part of parts)
      taken.push(await vault.transaction((draft) => takePart(draft, "somebody", part, 9, 1, () => false)));
    expect(taken.at(-1)).toEqual({ outcome: "whole", body: BODY });
  });
});
