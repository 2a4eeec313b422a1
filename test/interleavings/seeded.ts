/** Chance that can be had again: a failing run is run again from its number. */
import { chacha20 } from "@noble/ciphers/chacha.js";

const KEY_SIZE = 32;

export class Chance {
  readonly #key = new Uint8Array(KEY_SIZE);
  #drawn = 0;

  /** @param seed 0 to below 2^32; each purpose has a chance of its own */
  constructor(purpose: "stage" | "play", seed: number) {
    const view = new DataView(this.#key.buffer);
    view.setUint32(0, seed);
    view.setUint8(4, purpose === "stage" ? 1 : 2);
  }

  octets(length: number): Uint8Array {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(0, ++this.#drawn);
    return chacha20(this.#key, nonce, new Uint8Array(length));
  }

  /** From 0 to below 1. */
  fraction(): number {
    return new DataView(this.octets(4).buffer).getUint32(0) / 2 ** 32;
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
  }
}

/**
 * From here on the device's own chance is this one, good enough that nothing in it repeats by chance; and no pause takes
 * any time, for the world's clock does not move with the machine's.
 */
export function useChance(chance: Chance): void {
  Math.random = () => chance.fraction();
  globalThis.crypto.getRandomValues = (array) => {
    const { buffer, byteOffset, byteLength } = array as unknown as Uint8Array;
    new Uint8Array(buffer, byteOffset, byteLength).set(chance.octets(byteLength));
    return array;
  };
  globalThis.setTimeout = ((run: () => void) => setImmediate(run)) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: NodeJS.Immediate) =>
    clearImmediate(timer)) as unknown as typeof clearTimeout;
}
