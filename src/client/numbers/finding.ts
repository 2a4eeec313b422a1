/** Looking numbers up, with a memory. */
import { DAY } from "../../protocol/limits.ts";
import { getContact, noteNumber } from "../contacts.ts";
import type { News } from "../news.ts";
import { personOf } from "../people/persons.ts";
import type { Session } from "../session.ts";
import type { VaultDraft } from "../vault/vault.ts";
import type { Directory } from "./directory.ts";
import { type Found, getFound, getFresh, putFound } from "./found.ts";
import { acquaintanceBy } from "./number-moved.ts";
import { requirePurpose } from "./purpose.ts";

/**
 * Who is found by each of these numbers: from memory where that is fresh enough, else by a blinded look-up.
 *
 * @param numbers E.164
 * @param fresh look all of them up now
 * @throws NumberPurposeError before anything leaves the device; RelayProblem (`budget-spent`, `number-not-verified`):
 *   what was found until then is remembered
 */
export async function findNumbers(
  session: Session,
  directory: Directory,
  numbers: readonly string[],
  fresh: boolean,
): Promise<Map<string, Found>> {
  const { vault, platform, news, identity } = session;
  requirePurpose(vault, "number");
  const results = new Map<string, Found>();
  for (const number of numbers) {
    const known = fresh ? undefined : getFresh(vault, number, platform.now());
    if (known !== undefined) results.set(number, known);
  }
  const open = [...new Set(numbers)].filter((number) => !results.has(number));
  await directory.lookUp(open, async (entries) => {
    const told = await vault.transaction((draft) => {
      const items: News[] = [];
      for (const [number, entry] of entries) {
        const found: Found = {
          number,
          ...(entry === undefined ? {} : { address: entry.address, verifiedAt: entry.verifiedDay * DAY }),
          checkedAt: platform.now(),
        };
        results.set(number, found);
        items.push(...noteFound(draft, personOf(draft, identity.address.text), found));
      }
      return items;
    });
    news.tell(told);
  });
  return results;
}

/**
 * A contact is known by the number under which one of their devices was found, and no longer when it leads elsewhere:
 * at once when it is all that is known of them, else when the owner says so.
 */
function noteFound(draft: VaultDraft, own: string, found: Found): News[] {
  const { number, address } = found;
  const before = getFound(draft, number)?.address;
  putFound(draft, found);
  if (address === undefined) return [];
  const person = personOf(draft, address);
  const known = acquaintanceBy(draft, number)?.address;
  const earlier = known ?? (before === undefined ? undefined : personOf(draft, before));
  const isMoved = earlier !== undefined && earlier !== person;
  // Theirs until the owner says otherwise (number-moved.ts).
  if (isMoved && earlier === known)
    return before === address ? [] : [{ kind: "number-moved", number, from: earlier, to: person }];
  noteNumber(draft, person, number);
  // Of the own number more is told by who checks it (self-check.ts).
  if (!isMoved || earlier === own) return [];
  if (getContact(draft, earlier)?.number === number) noteNumber(draft, earlier, undefined);
  return [{ kind: "number-moved", number, from: earlier, to: person }];
}
