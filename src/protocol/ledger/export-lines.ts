/**
 * An export's octets as its lines. A line ends with a line feed and with nothing else: readers that also take a carriage
 * return for an end would pass an export in which one octet was changed into the other.
 */
const LINE_FEED = "\n";

export class ExportLines {
  // A byte order mark is an octet like others, and none that belongs here.
  readonly #decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
  #begun = "";

  /** The lines that `octets` complete. */
  take(octets: Uint8Array): string[] {
    return this.#split(this.#decoder.decode(octets, { stream: true }));
  }

  /** What stands behind the last line feed, if anything does. */
  finish(): string[] {
    const lines = this.#split(this.#decoder.decode());
    return this.#begun === "" ? lines : [...lines, this.#begun];
  }

  #split(text: string): string[] {
    const lines = (this.#begun + text).split(LINE_FEED);
    this.#begun = lines.pop() ?? "";
    return lines;
  }
}
