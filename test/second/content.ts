/** "Content": a head, then a body by kind. Reading is in reading-content.ts, writing in writing-content.ts. */

/** How to reach a device: its delivery token, and its relay's origin. */
export interface Reach {
  readonly token: Uint8Array;
  readonly origin: string;
}

interface Heard {
  readonly channelId: Uint8Array;
  readonly reached: number;
}

export interface NextKey {
  readonly publicKey: Uint8Array;
  readonly expires: number;
  readonly signature: Uint8Array;
}

export interface Head {
  readonly sentAt: number;
  readonly known: number;
  readonly heard?: Heard | undefined;
  readonly replyTo?: Reach | undefined;
  /** A device list, as its octets. */
  readonly devices?: Uint8Array | undefined;
  readonly nextKey?: NextKey | undefined;
}

export interface OwnCopy {
  readonly author: string;
  /** The other person; nobody in a conversation of more than two. */
  readonly other: string | undefined;
}

/** What a text and a part begin with. */
export interface TextAddress {
  readonly id: Uint8Array;
  readonly conversation: Uint8Array;
  readonly members: Uint8Array;
  readonly counter: number;
}

export interface Text extends TextAddress {
  readonly kind: "text";
  readonly revocable: boolean;
  readonly ownCopy: OwnCopy | undefined;
  readonly body: string;
}

export interface Part extends TextAddress {
  readonly kind: "part";
  readonly ownCopy: OwnCopy | undefined;
  readonly wholeHash: Uint8Array;
  readonly index: number;
  readonly count: number;
  readonly octets: Uint8Array;
}

export interface Receipt {
  readonly kind: "receipt";
  readonly what: "delivered" | "read";
  readonly ids: readonly Uint8Array[];
}

interface Definition {
  readonly kind: "conversation";
  /** A definition, as its octets. */
  readonly definition: Uint8Array;
}

export interface Json {
  readonly kind: "link-invitation" | "link-acceptance" | "own-state";
  readonly json: string;
}

export type Body = { readonly kind: "bare" } | Text | Part | Receipt | Definition | Json;

export const KINDS = [
  "bare",
  "text",
  "part",
  "receipt",
  "conversation",
  "link-invitation",
  "link-acceptance",
  "own-state",
] as const satisfies readonly Body["kind"][];

export const FLAG = {
  revocable: 0x01,
  heard: 0x02,
  replyTo: 0x04,
  devices: 0x08,
  nextKey: 0x10,
  ownCopy: 0x20,
} as const;

export const TOKEN = 49;
/** What a next key adds to a content. */
export const NEXT_KEY = 1216 + 8 + 64;
