/** Telephone numbers, as the app uses them: `device.numbers`. */
import type { Fallback } from "../fallback/fallback.ts";
import type { Fallbacks } from "../fallback/fallbacks.ts";
import type { SmsHook } from "../fallback/handing-over.ts";
import { personOf } from "../people/persons.ts";
import type { Session } from "../session.ts";
import type { RouteState } from "./answers.ts";
import type { Correspondents } from "./correspondents.ts";
import type { Directory } from "./directory.ts";
import { findNumbers } from "./finding.ts";
import { type Found, forgetFound } from "./found.ts";
import { listNumber, routeState, unlistNumber } from "./listing.ts";
import { NumberFormatError } from "./number.ts";
import { acceptMove, acquaintanceBy } from "./number-moved.ts";
import { getOwnNumber, type Verification } from "./own-number.ts";
import { requirePurpose } from "./purpose.ts";
import { requestCode, submitCode } from "./verifying.ts";

export interface NumberOptions {
  /** Whose national spellings are meant, ISO 3166-1; that of the own number when nothing is said. */
  readonly region?: string;
}

/** What a look-up of one number came to. */
export interface LookUp {
  /** As it was given. */
  readonly spelled: string;
  /** E.164; none when it is no number. */
  readonly number?: string;
  /** Whom to send to: the person's address. None when nobody is listed under the number. */
  readonly address?: string;
  /**
   * Somebody whose card was added, who answered or was compared is known by this number, and it leads away from them:
   * nothing is sent to it until {@link Numbers.accept}.
   */
  readonly movedFrom?: string;
  /** When the relay last saw the number verified, to the day, ms since 1970. */
  readonly verifiedAt?: number;
  /** When it was looked up, ms since 1970. */
  readonly checkedAt?: number;
}

export class Numbers {
  readonly #session: Session;
  readonly #directory: Directory;
  readonly #correspondents: Correspondents;
  readonly #fallbacks: Fallbacks;

  constructor(session: Session, directory: Directory, correspondents: Correspondents, fallbacks: Fallbacks) {
    this.#session = session;
    this.#directory = directory;
    this.#correspondents = correspondents;
    this.#fallbacks = fallbacks;
  }

  /**
   * The own number, once it was verified, whether this device wants to be found by it, and when it was last looked up to
   * see that it leads here.
   */
  get own(): { number: string; verifiedAt: number; listed: boolean; checkedAt?: number } | undefined {
    const own = getOwnNumber(this.#session.vault);
    if (own === undefined) return undefined;
    const { number, verifiedAt, listed, checkedAt } = own;
    return { number, verifiedAt, listed, ...(checkedAt === undefined ? {} : { checkedAt }) };
  }

  /** A number in any usual spelling, as E.164. Nothing is sent. @throws NumberFormatError */
  read(text: string, { region }: NumberOptions = {}): Promise<string> {
    return this.#correspondents.read(text, region);
  }

  /**
   * Has a one-time code sent to the owner's number by SMS.
   *
   * @throws NumberPurposeError, NumberFormatError: nothing was sent. RelayProblem (`resend-too-soon`, `budget-spent`,
   *   `country-not-served`)
   */
  async requestCode(number: string, options?: NumberOptions): Promise<Verification> {
    requirePurpose(this.#session.vault, "number");
    return requestCode(this.#session, await this.read(number, options));
  }

  /** Gives the code that came. @returns the number, verified. @throws VerificationError, RelayProblem (`code-wrong`, …) */
  submitCode(code: string): Promise<string> {
    return submitCode(this.#session, code);
  }

  /** Lets others find this device by its number. Right after verifying it. @throws NumberPurposeError, VerificationError */
  list(): Promise<RouteState> {
    return listNumber(this.#session);
  }

  /** Nobody finds it any more. Repeatable. @throws NumberPurposeError */
  unlist(): Promise<RouteState> {
    return unlistNumber(this.#session);
  }

  /** How it stands, by the relay's word. @throws NumberPurposeError */
  route(): Promise<RouteState> {
    return routeState(this.#session);
  }

  /**
   * Looks a number up: blinded, so that the relay does not learn which, and remembered for a day.
   *
   * @param options.fresh look it up now, whatever is remembered
   * @throws NumberPurposeError, NumberFormatError: nothing was sent
   */
  async find(text: string, options: NumberOptions & { fresh?: boolean } = {}): Promise<LookUp> {
    requirePurpose(this.#session.vault, "number");
    const number = await this.read(text, options);
    const found = await findNumbers(this.#session, this.#directory, [number], options.fresh === true);
    return this.#shown(text, number, found.get(number));
  }

  /**
   * Looks an address book up. What is no number is passed over, and says so by having none.
   *
   * @returns one for each that was given, in their order
   * @throws NumberPurposeError. RelayProblem (`budget-spent`): what was found until then is remembered; ask again later
   */
  async findAll(
    texts: readonly string[],
    options: NumberOptions & { fresh?: boolean } = {},
  ): Promise<LookUp[]> {
    requirePurpose(this.#session.vault, "number");
    const numbers = await Promise.all(
      texts.map((text) =>
        this.read(text, options).catch((error) => {
          if (error instanceof NumberFormatError) return undefined;
          throw error;
        }),
      ),
    );
    const known = numbers.flatMap((number) => number ?? []);
    const found = await findNumbers(this.#session, this.#directory, known, options.fresh === true);
    return texts.map((text, i) => this.#shown(text, numbers[i], found.get(numbers[i] ?? "")));
  }

  /**
   * Says that a number, which led to somebody else before, belongs to the person whom it leads to now. For the owner to
   * decide: it may be a new phone, a number given to another, or somebody who took it.
   *
   * @param person whom the look-up named: see `NumberMovedError`
   * @throws NumberFormatError; NumberMovedError when it leads elsewhere
   */
  async accept(number: string, person: string, options?: NumberOptions): Promise<void> {
    const read = await this.read(number, options);
    await this.#session.vault.transaction((draft) => acceptMove(draft, read, person));
  }

  /** Forgets all look-ups. What contacts are called by stays. */
  forget(): Promise<void> {
    return this.#session.vault.transaction(forgetFound);
  }

  /** How this app sends an SMS: called at most once for a text, and only when nobody has it or will be given it. */
  onSms(hook: SmsHook | undefined): void {
    this.#fallbacks.onSms(hook);
  }

  /** Texts that may go, or went, by SMS, of the last days. */
  smsTexts(): Fallback[] {
    return this.#fallbacks.list();
  }

  /** Waits until it is decided which way a text goes. An open inbox gets there by itself: see news `fallback`. */
  settled(id: string, signal: AbortSignal = new AbortController().signal): Promise<Fallback | undefined> {
    return this.#fallbacks.settled(id, signal);
  }

  #shown(spelled: string, number: string | undefined, found: Found | undefined): LookUp {
    if (number === undefined) return { spelled };
    const { address, verifiedAt, checkedAt } = found ?? {};
    const { vault } = this.#session;
    const person = address === undefined ? undefined : personOf(vault, address);
    const known = acquaintanceBy(vault, number)?.address;
    return {
      spelled,
      number,
      ...(person === undefined ? {} : { address: person }),
      ...(person === undefined || known === undefined || known === person ? {} : { movedFrom: known }),
      ...(verifiedAt === undefined ? {} : { verifiedAt }),
      ...(checkedAt === undefined ? {} : { checkedAt }),
    };
  }
}
