/**
 * Whether this device's own number still leads to it. A hijacked number shows so. A relay that sends others elsewhere
 * does not see what is looked up, but knows who looks, since evaluations are signed, and may guess which look-up this is:
 * a right answer proves little, a wrong one or none is told.
 */
import { DAY } from "../../protocol/limits.ts";
import type { News } from "../news.ts";
import { devicesOf, personOf } from "../people/persons.ts";
import { isRelayError, RelayProtocolError } from "../relay-problem.ts";
import type { Session } from "../session.ts";
import type { Directory } from "./directory.ts";
import { findNumbers } from "./finding.ts";
import { getFound } from "./found.ts";
import { relistNumber, routeState } from "./listing.ts";
import { changeOwnNumber, getOwnNumber } from "./own-number.ts";
import { NumberPurposeError } from "./purpose.ts";

/** Each look-up of one's own number costs one of the budget: one in 7 days is nothing, and a hijack shows in a week. */
const CHECK_EVERY = 7 * DAY;

/** A relay that is down, or busy, is so for days at most; one that never lets it be looked up has a reason. */
const UNCHECKED_AFTER = 3 * CHECK_EVERY;

/** How long a cache may keep a bucket, and a little more. */
const BUCKET_LASTS = 2 * 60 * 1000;

export class OwnNumberWatch {
  readonly #session: Session;
  readonly #directory: Directory;
  /** The relay said that something happened, and it could not be looked into yet. */
  #isAlarmed = false;

  constructor(session: Session, directory: Directory) {
    this.#session = session;
    this.#directory = directory;
  }

  /** Asks the relay, at each connection, whether somebody else claims the number, and looks it up once a week. */
  async connected(): Promise<void> {
    const { vault, platform, news } = this.#session;
    const own = getOwnNumber(vault);
    if (own?.listed !== true) return;
    const due = this.#isAlarmed || platform.now() - (own.checkedAt ?? 0) >= CHECK_EVERY;
    try {
      news.tell(await look(this.#session, this.#directory, due));
      this.#isAlarmed = false;
    } catch (error) {
      // The purpose may have been given back meanwhile.
      if (error instanceof NumberPurposeError) return;
      if (!isRelayError(error)) throw error;
      await this.#failed(error);
    }
  }

  /** An answer that is none is told at once, and anything else when it has gone on for long; then once a week. */
  async #failed(error: unknown): Promise<void> {
    const { vault, platform, news } = this.#session;
    const { number = "", checkedAt = 0, listedAt = 0, uncheckedToldAt = 0 } = getOwnNumber(vault) ?? {};
    const now = platform.now();
    const isOverdue = now - Math.max(checkedAt, listedAt) >= UNCHECKED_AFTER;
    if (!(error instanceof RelayProtocolError || isOverdue) || now - uncheckedToldAt < CHECK_EVERY) return;
    await vault.transaction((draft) => changeOwnNumber(draft, { uncheckedToldAt: now }));
    news.tell([{ kind: "number-unchecked", number }]);
  }

  /** The relay says that somebody verified the number: it is looked up without waiting for the week's end. */
  async alarmed(): Promise<void> {
    this.#isAlarmed = true;
    await this.connected();
  }
}

async function look(session: Session, directory: Directory, due: boolean): Promise<News[]> {
  const { vault, platform, identity } = session;
  const { number = "", listedAt = 0, relistedAt = 0 } = getOwnNumber(vault) ?? {};
  const now = platform.now();
  const route = await routeState(session);
  const claimed: News[] =
    route.claim === undefined
      ? []
      : [{ kind: "number-claimed", number, effectiveAt: route.claim.effectiveAt }];
  if (route.state === "superseded" || route.state === "unlisted") {
    await vault.transaction((draft) => changeOwnNumber(draft, { listed: false }));
    return [...claimed, { kind: "number-mismatch", number }];
  }
  // Nobody waits for longer than 72 hours.
  if (!due || (route.state === "waiting" && now - listedAt < CHECK_EVERY)) return claimed;
  const { keys } = await directory.parameters(true);
  const newest = keys[0]?.version;
  const isBehind = newest !== undefined && route.versions !== undefined && !route.versions.includes(newest);
  if (isBehind && now - relistedAt >= CHECK_EVERY) await moveUp(session, number);
  // A bucket may be a minute old.
  if (now - listedAt < BUCKET_LASTS) return claimed;
  await findNumbers(session, directory, [number], true);
  await vault.transaction((draft) => changeOwnNumber(draft, { checkedAt: platform.now() }));
  const address = getFound(vault, number)?.address;
  const own = devicesOf(vault, personOf(vault, identity.address.text));
  if (address !== undefined && own.includes(address)) return claimed;
  return [
    ...claimed,
    { kind: "number-mismatch", number, ...(address === undefined ? {} : { found: address }) },
  ];
}

/** The relay sees the number: not more than once a week, whatever comes of it, and the look-up does not depend on it. */
async function moveUp(session: Session, number: string): Promise<void> {
  await session.vault.transaction((draft) => changeOwnNumber(draft, { relistedAt: session.platform.now() }));
  try {
    await relistNumber(session, number);
  } catch (error) {
    if (!isRelayError(error)) throw error;
  }
}
