/** test/vectors/channel.json as it is written: octets in hex. */
import vectors from "../vectors/channel.json" with { type: "json" };
import type { Body, Head } from "./content.ts";
import { unhex } from "./octets.ts";

export { vectors };

interface Said {
  readonly head: {
    readonly sentAt: number;
    readonly known: number;
    readonly heard?: { readonly channelId: string; readonly reached: number };
    readonly replyTo?: { readonly token: string; readonly relay: string };
    readonly devices?: string;
    readonly nextKey?: { readonly publicKey: string; readonly expires: number; readonly signature: string };
  };
  readonly kind: string;
  readonly revocable?: boolean;
  readonly copy?: { readonly author: string; readonly with?: string };
  readonly id?: string;
  readonly conversation?: string;
  readonly members?: string;
  readonly counter?: number;
  readonly body?: string;
  readonly wholeHash?: string;
  readonly index?: number;
  readonly count?: number;
  readonly octets?: string;
  readonly what?: string;
  readonly ids?: readonly string[];
}

export function headSaid({ head }: Said): Head {
  const { sentAt, known, heard, replyTo, devices, nextKey } = head;
  return {
    sentAt,
    known,
    heard: heard && { channelId: unhex(heard.channelId), reached: heard.reached },
    replyTo: replyTo && { token: unhex(replyTo.token), origin: replyTo.relay },
    devices: devices === undefined ? undefined : unhex(devices),
    nextKey: nextKey && {
      publicKey: unhex(nextKey.publicKey),
      expires: nextKey.expires,
      signature: unhex(nextKey.signature),
    },
  };
}

export function bodySaid(said: Said): Body {
  const ownCopy = said.copy && { author: said.copy.author, other: said.copy.with };
  const address = {
    ownCopy,
    id: unhex(said.id ?? ""),
    conversation: unhex(said.conversation ?? ""),
    members: unhex(said.members ?? ""),
    counter: said.counter ?? 0,
  };
  switch (said.kind) {
    case "bare":
      return { kind: "bare" };
    case "text":
      return { kind: "text", revocable: said.revocable ?? false, ...address, body: said.body ?? "" };
    case "part":
      return {
        kind: "part",
        ...address,
        wholeHash: unhex(said.wholeHash ?? ""),
        index: said.index ?? 0,
        count: said.count ?? 0,
        octets: unhex(said.octets ?? ""),
      };
    case "receipt":
      return {
        kind: "receipt",
        what: said.what === "read" ? "read" : "delivered",
        ids: (said.ids ?? []).map(unhex),
      };
    default:
      throw new Error(`a kind without vectors: ${said.kind}`);
  }
}
