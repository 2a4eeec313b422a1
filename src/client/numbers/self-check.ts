/**
 * Whether this device's own number still leads to it. A hijacked number shows so, and a relay that sends those who
 * look it up elsewhere can't know whether it is the owner who looks.
 */
import { DAY } from "../../protocol/limits.ts";
import type { News } from "../news.ts";
import { devicesOf, personOf } from "../people/persons.ts";
import { isRelayError } from "../relay-problem.ts";
import type { Session } from "../session.ts";
import type { Directory } from "./directory.ts";
import { findNumbers } from "./finding.ts";
import { getFound } from "./found.ts";
import { relistNumber, routeState } from "./listing.ts";
import { changeOwnNumber, getOwnNumber } from "./own-number.ts";
import { NumberPurposeError } from "./purpose.ts";

/** Each look-up of one's own number costs one of the budget: one in 7 days is nothing, and a hijack shows in a week. */
const CHECK_EVERY = 7 * DAY;

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
      if (!isRelayError(error) && !(error instanceof NumberPurposeError)) throw error;
    }
  }

  /** The relay says that somebody verified the number: it is looked up without waiting for the week's end. */
  async alarmed(): Promise<void> {
    this.#isAlarmed = true;
    await this.connected();
  }
}

async function look(session: Session, directory: Directory, due: boolean): Promise<News[]> {
  const { vault, platform, identity } = session;
  const { number = "", listedAt = 0 } = getOwnNumber(vault) ?? {};
  const route = await routeState(session);
  const claimed: News[] =
    route.claim === undefined
      ? []
      : [{ kind: "number-claimed", number, effectiveAt: route.claim.effectiveAt }];
  if (route.state === "superseded" || route.state === "unlisted") {
    await vault.transaction((draft) => changeOwnNumber(draft, { listed: false }));
    return [...claimed, { kind: "number-mismatch", number }];
  }
  if (route.state === "waiting" || !due) return claimed;
  const { keys } = await directory.parameters(true);
  const newest = keys[0]?.version;
  if (newest !== undefined && route.versions !== undefined && !route.versions.includes(newest))
    await relistNumber(session, number);
  // A bucket may be a minute old.
  if (platform.now() - listedAt < BUCKET_LASTS) return claimed;
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
