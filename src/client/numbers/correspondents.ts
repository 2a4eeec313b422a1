/** People as texts are addressed to them, by number or by address, made ready to be written to. */
import { requireConsent } from "../consent-record.ts";
import { addFound, getContact } from "../contacts.ts";
import type { Outbox, SendOptions } from "../outbox.ts";
import { devicesOf, personOf } from "../people/persons.ts";
import { isRelayError, RelayProblem } from "../relay-problem.ts";
import type { Sent } from "../sent.ts";
import type { Session } from "../session.ts";
import type { Directory } from "./directory.ts";
import { findNumbers } from "./finding.ts";
import { numberOf } from "./found.ts";
import { introduce } from "./introducing.ts";
import { dropIntroduction, getIntroduction } from "./introductions.ts";
import { looksLikeNumber, NumberFormatError, readNumber, regionOf } from "./number.ts";
import { acquaintanceBy, NumberMovedError } from "./number-moved.ts";
import { getOwnNumber } from "./own-number.ts";
import { NumberPurposeError } from "./purpose.ts";

/** Nobody can be reached by this number here. Nothing was sent. */
export class NumberNotFoundError extends Error {
  override readonly name = "NumberNotFoundError";
}

export class Correspondents {
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #directory: Directory;

  constructor(session: Session, outbox: Outbox, directory: Directory) {
    this.#session = session;
    this.#outbox = outbox;
    this.#directory = directory;
  }

  /** E.164, of any usual spelling; national ones of the given region or the own number's. @throws NumberFormatError */
  async read(text: string, region?: string): Promise<string> {
    const own = getOwnNumber(this.#session.vault)?.number;
    return readNumber(text, region ?? (own && (await regionOf(own))));
  }

  /**
   * Whoever has the number, ready to be written to; undefined when nobody can be reached by it.
   *
   * @throws NumberPurposeError when only a look-up could tell, and was not agreed to; NumberMovedError when it leads
   *   away from somebody who is known by more than the number
   */
  async find(number: string): Promise<string | undefined> {
    const { vault, identity } = this.#session;
    requireConsent(vault);
    const known = acquaintanceBy(vault, number);
    try {
      const address = (await findNumbers(this.#session, this.#directory, [number], false)).get(
        number,
      )?.address;
      if (address === undefined) return known?.address;
      const person = personOf(vault, address);
      if (person === personOf(vault, identity.address.text))
        throw new NumberFormatError("This is your own number.");
      if (known !== undefined && known.address !== person)
        throw new NumberMovedError(number, known.address, person);
      await vault.transaction((draft) => addFound(draft, person, identity.relay, number));
      await introduce(this.#session, this.#directory, address);
      return person;
    } catch (error) {
      // Who is known by more than it can be written to without the directory.
      const isWithoutDirectory = isRelayError(error) || error instanceof NumberPurposeError;
      if (known === undefined || !isWithoutDirectory) throw error;
      return known.address;
    }
  }

  /**
   * What a text is addressed to, ready to be written to.
   *
   * @param to a number, a person's address, or a conversation's id
   * @throws NumberNotFoundError, NumberMovedError, NumberPurposeError, NumberFormatError
   */
  async recipient(to: string): Promise<string> {
    const { vault } = this.#session;
    if (looksLikeNumber(to)) {
      const person = await this.find(await this.read(to));
      if (person !== undefined) return person;
      throw new NumberNotFoundError("Nobody can be reached by this number here.");
    }
    const contact = getContact(vault, personOf(vault, to));
    if (contact === undefined) {
      const number = numberOf(vault, to);
      const found = number === undefined ? to : await this.find(number);
      // It is for them, whoever has the number by now.
      if (number !== undefined && found !== to) throw new NumberMovedError(number, to, found);
      return to;
    }
    if (contact.deliveryToken === "") await introduce(this.#session, this.#directory, contact.address);
    return to;
  }

  /** The number of whom a text is addressed to, for one that may go by SMS. @throws NumberFormatError */
  async numberOf(to: string): Promise<string> {
    const { vault } = this.#session;
    if (looksLikeNumber(to)) return this.read(to);
    const number = getContact(vault, personOf(vault, to))?.number ?? numberOf(vault, to);
    if (number === undefined)
      throw new NumberFormatError("No number of this contact is known. Name the number itself.");
    return number;
  }

  /** Sends. An introduction that the relay takes no more is replaced by a new one, once. */
  async send(to: string, text: string, options: SendOptions): Promise<Sent> {
    const { vault } = this.#session;
    try {
      return await this.#outbox.send(to, text, options);
    } catch (error) {
      const spent = devicesOf(vault, personOf(vault, to)).filter((device) => getIntroduction(vault, device));
      const isOver = error instanceof RelayProblem && error.code === "not-authorized" && spent.length > 0;
      if (!isOver) throw error;
      await vault.transaction((draft) => {
        for (const device of spent) dropIntroduction(draft, device);
      });
      for (const device of spent) await introduce(this.#session, this.#directory, device);
      return this.#outbox.send(to, text, options);
    }
  }
}
