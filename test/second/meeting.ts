/** One of the SDK's devices (test/client/channel/scene.ts) and one that was written from the page, face to face. */
import { randomBytes } from "node:crypto";
import type { Content as SdkContent } from "../../src/client/channel/content.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { type Actor, claim } from "../client/channel/scene.ts";
import { sign } from "./address.ts";
import type { Body } from "./content.ts";
import { conversationOfTwo } from "./conversation.ts";
import { type Sealed, type SealOptions, seal } from "./founder.ts";
import { type Memory, makeMemory, makePool } from "./memory.ts";
import { type Opening, open } from "./recipient.ts";

export interface Second {
  readonly memory: Memory;
  /** What the SDK's scene needs to write to it: its address and its pool. */
  readonly actor: Actor;
}

const REACH = {
  token: Uint8Array.from({ length: 49 }, (_, i) => i),
  origin: "https://second.example",
};

export function second(now: number, jurisdiction = "", keys = 4): Second {
  const memory = makeMemory(Uint8Array.from(randomBytes(32)), REACH, jurisdiction);
  const address = parseAddress(memory.address);
  if (address === undefined) throw new Error("no address");
  const identity = { address, sign: (data: Uint8Array) => sign(memory.seed, data) };
  return { memory, actor: { identity, vault: new MemoryVault(), pool: makePool(memory, now, keys) } };
}

export function textTo(from: Second, to: Actor, body: string): Body {
  const address = to.identity.address.text;
  const counter = (from.memory.counters.get(address) ?? 0) + 1;
  from.memory.counters.set(address, counter);
  return {
    kind: "text",
    id: Uint8Array.from(randomBytes(16)),
    ...conversationOfTwo(from.memory.address, address),
    counter,
    revocable: false,
    ownCopy: undefined,
    body,
  };
}

/** Seals, claiming a key of the recipient's when one is needed. */
export function sealed(from: Second, to: Actor, body: Body, options: SealOptions): readonly Sealed[] {
  const address = to.identity.address.text;
  const first = seal(from.memory, address, body, options);
  const result =
    first.outcome === "key-needed"
      ? seal(from.memory, address, body, { ...options, claimed: claim(to) })
      : first;
  if (result.outcome !== "sealed") throw new Error(`not sealed: ${result.outcome}`);
  return result.envelopes;
}

export function opening(by: Second, envelope: Uint8Array, now: number): Opening {
  return open(by.memory, envelope, now);
}

/** The text of an opening, either implementation's; or how it ended otherwise. */
export function bodyIn(opened: Opening): string {
  if (opened.outcome !== "opened") return opened.outcome;
  const { body } = opened.content;
  return body.kind === "text" ? body.body : body.kind;
}

export function sdkBodyIn(opened: { outcome: string; message?: { content: SdkContent } }): string {
  const content = opened.message?.content;
  if (content === undefined) return opened.outcome;
  return content.kind === "text" ? content.body : content.kind;
}
