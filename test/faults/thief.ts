/**
 * A thief with everything: each envelope that was ever sent, the keys that were published, and the values of a
 * vault. It knows docs/channels.md and nothing of the SDK: each 32 octets of the values are tried as each key
 * that there is.
 */
import { xchacha20 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import {
  chainFromPrivateKey,
  chainsFromSecret,
  firstStatement,
  MESSAGE_0,
  rhoFromSeed,
  rhoOf,
  type Statement,
} from "./founded.ts";
import { octetsOf, quickStep, wordsOf } from "./quick-hkdf.ts";
import { type Ciphertext, littleEndianWords, looksPadded } from "./quick-xchacha.ts";
import { latin1, windowsOf } from "./windows.ts";

const HEADER = 17;
const NONCE = 24;
const MAC = 16;

/** What a thief looks for in what it opened: a name that stands in one text alone. */
export function mark(name: string): string {
  return `{{${name}}}`;
}
const MARK = /\{\{([a-z0-9 '.-]{3,})\}\}/;

/** The name of the first mark that stands there; among random octets one comes about once in 2^50. */
export function markIn(octets: Uint8Array): string | undefined {
  return MARK.exec(latin1(octets))?.[1];
}

/** An envelope as the network saw it. */
export interface Seen {
  readonly octets: Uint8Array;
  /** Addresses: who sent it, which whoever watches the network can guess, and whose mailbox it went to. */
  readonly from: string;
  readonly to: string;
  /** When it was sent first, ms since 1970. */
  readonly at: number;
}

export interface Known {
  readonly envelopes: readonly Seen[];
  /** X-Wing's, 1,216 octets each. What begins with the id of none of them is no founding. */
  readonly publicKeys: readonly Uint8Array[];
  /** By envelope in latin1: what reading it is to be called, where the mark is not enough. */
  readonly names?: ReadonlyMap<string, string>;
  /** How far a chain key is stepped on at most; else as far as there are envelopes, and one. */
  readonly longest?: number;
}

export type Way = "message key" | "chain key" | "private key" | "founding's secret";

export interface Read {
  /** What the envelope is called, else the {@link mark}'s name. */
  readonly text: string;
  readonly way: Way;
}

interface Target extends Ciphertext {
  readonly name: string | undefined;
  readonly nonceOctets: Uint8Array;
}

interface Message {
  readonly tag: Int32Array;
  readonly target: Target;
}

interface Founding extends Seen {
  readonly keyHash: Uint8Array;
  readonly rho: string;
  readonly statement: Statement;
  /** Message 0. */
  readonly target: Target;
}

export class Thief {
  readonly #messages: readonly Message[];
  readonly #byTag = new Map<number, Message[]>();
  /** More than one on a key: the last-resort key. */
  readonly #foundings: readonly Founding[];
  readonly #rhos: ReadonlySet<string>;
  readonly #steps: number;
  /** Envelopes and public keys are no secrets, wherever they lie. */
  readonly #public: ReadonlySet<string>;
  /** What each window gave: copies of one vault have most of them in common. */
  readonly #tried = new Map<string, Read[]>();
  readonly #out = new Int32Array(20);

  constructor({ envelopes, publicKeys, names, longest = envelopes.length + 1 }: Known) {
    const nameOf = ({ octets }: Seen) => names?.get(latin1(octets));
    const keys = new Map(publicKeys.map((publicKey) => [keyId(publicKey), publicKey]));
    this.#foundings = envelopes.flatMap((seen) => {
      const publicKey = keys.get(latin1(seen.octets.subarray(1, HEADER)));
      return publicKey === undefined ? [] : [toFounding(seen, publicKey, nameOf(seen))];
    });
    this.#messages = envelopes.map((seen) => toMessage(seen, nameOf(seen)));
    for (const message of this.#messages) {
      const [word = 0] = message.tag;
      this.#byTag.set(word, [...(this.#byTag.get(word) ?? []), message]);
    }
    this.#rhos = new Set(this.#foundings.map(({ rho }) => rho));
    this.#steps = longest;
    this.#public = new Set([...envelopes.map(({ octets }) => octets), ...publicKeys].map(latin1));
  }

  /** How many foundings it knows for such. */
  get foundings(): number {
    return this.#foundings.length;
  }

  /**
   * Everything that can be read with the help of these values.
   *
   * @param enough stops at the first that it is true of
   */
  async rob(values: Iterable<Uint8Array>, enough: (read: Read) => boolean = () => false): Promise<Read[]> {
    const windows = windowsOf(values, this.#public);
    const reads = new Map<string, Read>();
    for (const window of windows) {
      let found = this.#tried.get(window);
      if (found === undefined) {
        found = await this.#try(octets(window));
        this.#tried.set(window, found);
      }
      for (const read of found) reads.set(`${read.text}\n${read.way}`, read);
      if (found.some(enough)) break;
    }
    return [...reads.values()];
  }

  async #try(window: Uint8Array): Promise<Read[]> {
    return [
      ...named("message key", this.#asMessageKey(window)),
      ...named("chain key", this.#asChainKey(window)),
      ...named("founding's secret", this.#asSecret(window)),
      ...named("private key", await this.#asPrivateKey(window)),
    ];
  }

  #asMessageKey(key: Uint8Array): string[] {
    const words = littleEndianWords(key);
    return [...this.#messages, ...this.#foundings].flatMap(({ target }) =>
      looksPadded(words, target) ? decrypt(key, target) : [],
    );
  }

  #asChainKey(key: Uint8Array, foundings = this.#foundings): string[] {
    const out = this.#out;
    const found: string[] = [];
    quickStep(wordsOf(key), out);
    const messageKey = octetsOf(out.subarray(8, 16));
    const words = littleEndianWords(messageKey);
    for (const { target } of foundings)
      if (looksPadded(words, target)) found.push(...decrypt(messageKey, target));
    for (let step = 0; step < this.#steps; step++) {
      for (const { tag, target } of this.#byTag.get(out[16] as number) ?? [])
        if (tag.every((word, i) => word === out[16 + i]))
          found.push(...decrypt(octetsOf(out.subarray(8, 16)), target));
      quickStep(out, out);
    }
    return found;
  }

  #asSecret(secret: Uint8Array): string[] {
    const out = new Int32Array(20);
    const statements = this.#foundings.map(({ statement }) => statement);
    return chainsFromSecret(secret, statements).flatMap((chain, i) => {
      const founding = this.#foundings[i] as Founding;
      quickStep(chain, out);
      const fits = looksPadded(littleEndianWords(octetsOf(out.subarray(8, 16))), founding.target);
      return fits ? this.#asChainKey(octetsOf(chain), [founding]) : [];
    });
  }

  async #asPrivateKey(seed: Uint8Array): Promise<string[]> {
    const rho = latin1(rhoFromSeed(seed));
    const found: string[] = [];
    if (!this.#rhos.has(rho)) return found;
    for (const founding of this.#foundings.filter((one) => one.rho === rho)) {
      const chain = await chainFromPrivateKey(founding.octets, seed, founding.keyHash, founding.to);
      if (chain !== undefined) found.push(...this.#asChainKey(chain, [founding]));
    }
    return found;
  }
}

function keyId(publicKey: Uint8Array): string {
  return latin1(sha256(publicKey).subarray(0, 16));
}

function toMessage({ octets }: Seen, name: string | undefined): Message {
  return { tag: wordsOf(octets.slice(1, HEADER)), target: toTarget(octets.slice(HEADER), name) };
}

function toFounding(seen: Seen, publicKey: Uint8Array, name: string | undefined): Founding {
  const target = toTarget(seen.octets.slice(MESSAGE_0), name);
  const keyHash = sha256(publicKey);
  const statement = firstStatement({ ...seen, keyHash });
  return { ...seen, keyHash, statement, rho: latin1(rhoOf(publicKey)), target };
}

function toTarget(sealed: Uint8Array, name: string | undefined): Target {
  const nonceOctets = sealed.slice(0, NONCE);
  return {
    name,
    nonceOctets,
    nonce: littleEndianWords(nonceOctets),
    octets: sealed.slice(NONCE, sealed.length - MAC),
  };
}

/** Without asking the authenticator: a mark that is readable is proof enough. */
function decrypt(key: Uint8Array, { name, nonceOctets, octets: ciphertext }: Target): string[] {
  const plaintext = xchacha20(key, nonceOctets, ciphertext, new Uint8Array(ciphertext.length), 1);
  const marked = markIn(plaintext);
  return marked === undefined ? [] : [name ?? marked];
}

function octets(window: string): Uint8Array {
  return new Uint8Array(Buffer.from(window, "latin1"));
}

function named(way: Way, texts: readonly string[]): Read[] {
  return texts.map((text) => ({ text, way }));
}
