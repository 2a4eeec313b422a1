/** What a story needs, and what it leaves to a thief. */
import type { Platform } from "../../src/client/transport.ts";
import type { Known } from "./thief.ts";

/** Where a story happens: a relay and everybody's clock. */
export interface World {
  readonly origin: string;
  readonly fetch: Platform["fetch"];
  readonly now: () => number;
  /** Undefined where time can't be moved. */
  readonly pass?: (ms: number) => void;
  /** Whoever looks at the relay whenever an acknowledgement leaves. */
  readonly look?: () => Promise<void>;
}

export interface Copy {
  readonly label: string;
  readonly values: readonly Uint8Array[];
  /** Marks of texts that it must not open. */
  readonly closed: readonly string[];
}

export interface Told {
  /** The copied device's address. */
  readonly of: string;
  readonly known: Known;
  readonly copies: readonly Copy[];
  /** A copy from before anything was opened, and what it opens: the thief is not blind. */
  readonly early: { readonly values: readonly Uint8Array[]; readonly open: readonly string[] };
  /** All texts that the copied device was handed. */
  readonly handed: readonly string[];
}
