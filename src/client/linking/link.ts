/** Linking and unlinking devices, as their owner asks for it. */
import type { ReceiptAnswer } from "../../protocol/answers.ts";
import { ROUTES } from "../../protocol/routes.ts";
import { decodeWithdrawalStatement } from "../../protocol/withdrawal-statement.ts";
import { requireConsent } from "../consent-record.ts";
import { addErrand } from "../errands.ts";
import { requireErasure } from "../own-receipts.ts";
import { MAX_DEVICES } from "../people/device-list.ts";
import { devicesOf, getDeviceList, personOf } from "../people/persons.ts";
import { reachOf } from "../people/reaching.ts";
import { putToldReach } from "../people/told-reach.ts";
import type { Session } from "../session.ts";
import { callOpen } from "../transport.ts";
import { dropWithdrawal, getWithdrawal, signWithdrawal } from "./left-behind.ts";
import { formatLinkCode, parseLinkCode } from "./link-code.ts";
import { encodeLinkInvitation, withdrawalToJson } from "./link-messages.ts";
import { isFirst, listedNow, publishList, refreshList } from "./own-list.ts";
import { approve, beginLinking } from "./pending.ts";
import { shareWithSiblings } from "./sharing.ts";

/** It can't be done from this device, or with that one. */
export class LinkingError extends Error {
  override readonly name = "LinkingError";
}

export interface OwnDevice {
  readonly address: string;
  /** The person's first: it makes the list. */
  readonly first: boolean;
  /** This one. */
  readonly self: boolean;
}

export function listOwnDevices({ vault, identity }: Session): OwnDevice[] {
  const own = identity.address.text;
  return devicesOf(vault, personOf(vault, own)).map((address, i) => ({
    address,
    first: i === 0,
    self: address === own,
  }));
}

/** What this device shows to be linked. @throws NoConsentError, LinkingError when it belongs to somebody already */
export function showLinkCode({ vault, identity, platform }: Session): Promise<string> {
  const { address, relay } = identity;
  return vault.transaction((draft) => {
    const { deliveryToken } = requireConsent(draft);
    if (getDeviceList(draft, personOf(draft, address.text)) !== undefined)
      throw new LinkingError("This device is linked already.");
    const secret = beginLinking(draft, platform.now());
    return formatLinkCode({ address: address.text, deliveryToken, relay, secret });
  });
}

/**
 * The owner scanned another device's code on this one: invites it. It is linked when it has answered.
 *
 * @throws LinkCodeError, NoConsentError, LinkingError
 */
export async function approveLink({ vault, identity, platform }: Session, code: string): Promise<void> {
  const { address, deliveryToken, relay, secret } = parseLinkCode(code);
  const own = identity.address.text;
  await vault.transaction((draft) => {
    requireConsent(draft);
    assertFirst(isFirst(draft, own));
    if (address === own) throw new LinkingError("This is this device's own code. Show it to another one.");
    if (personOf(draft, address) !== address || getDeviceList(draft, address) !== undefined)
      throw new LinkingError("That device belongs to somebody already.");
    if (devicesOf(draft, own).length >= MAX_DEVICES)
      throw new LinkingError(`A person can have ${MAX_DEVICES} devices.`);
    putToldReach(draft, address, { token: deliveryToken, relay });
    approve(draft, address, platform.now());
    const octets = encodeLinkInvitation({ secret });
    addErrand(draft, address, { kind: "link-invitation", octets }, platform.now());
  });
}

/** Takes a device out of the list. Nothing is sent to it from then on but that. @throws LinkingError */
export async function unlink({ vault, identity, platform, news }: Session, address: string): Promise<void> {
  const told = await vault.transaction((draft) => {
    assertFirst(isFirst(draft, identity.address.text));
    const devices = listedNow(draft, identity);
    const gone = devices.slice(1).find((device) => device.address.text === address);
    if (gone === undefined) throw new LinkingError("No other device with this address is linked.");
    const changed = publishList(
      draft,
      identity,
      devices.filter((device) => device !== gone),
      platform.now(),
    );
    putToldReach(draft, address, gone);
    addErrand(draft, address, { kind: "bare" }, platform.now());
    return changed;
  });
  news.tell(told);
}

/**
 * Closes a lost device's mailbox with the withdrawal that it left behind: what is held there is erased.
 *
 * @returns the relay's erasure receipt, verified
 * @throws LinkingError when it left none; RelayProblem `no-consent` when that consent has ended already;
 *   RelayProtocolError when the receipt proves no end: what was left behind stays, to be tried again
 */
export async function closeLost({ vault, platform }: Session, address: string): Promise<string> {
  const withdrawal = getWithdrawal(vault, address);
  const reach = reachOf(vault, address);
  if (withdrawal === undefined || reach === undefined)
    throw new LinkingError("That device left no withdrawal behind. It can only be unlinked.");
  const { receipt } = await callOpen<ReceiptAnswer>(platform, reach.relay, {
    method: "POST",
    path: ROUTES.withdrawals,
    json: withdrawalToJson(withdrawal),
  });
  const named = decodeWithdrawalStatement(withdrawal.statement)?.consentId ?? "";
  await requireErasure(platform, reach.relay, receipt, named);
  await vault.transaction((draft) => dropWithdrawal(draft, address));
  return receipt;
}

/** After a new consent: the delivery token is another, and what was left behind for a lost device ends the old one. */
export async function tellOwnDevices({ vault, identity, platform, news }: Session): Promise<void> {
  const told = await vault.transaction((draft) => {
    const withdrawal = signWithdrawal(draft, identity);
    if (withdrawal !== undefined) shareWithSiblings(draft, identity, { withdrawal }, platform.now());
    return refreshList(draft, identity, platform.now());
  });
  news.tell(told);
}

function assertFirst(first: boolean): void {
  if (!first) throw new LinkingError("Only a person's first device links and unlinks others.");
}
