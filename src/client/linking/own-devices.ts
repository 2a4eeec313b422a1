/** The owner's devices, as the app links and unlinks them: `device.ownDevices`. */
import type { Housekeeping } from "../housekeeping.ts";
import type { Session } from "../session.ts";
import { approveLink, closeLost, listOwnDevices, type OwnDevice, showLinkCode, unlink } from "./link.ts";

export class OwnDevices {
  readonly #session: Session;
  readonly #housekeeping: Housekeeping;

  constructor(session: Session, housekeeping: Housekeeping) {
    this.#session = session;
    this.#housekeeping = housekeeping;
  }

  /** The first at the front; this one alone when it is not linked. */
  list(): OwnDevice[] {
    return listOwnDevices(this.#session);
  }

  /**
   * What this new device shows, as a link or QR code, to be linked by the owner's first device. Whoever sees it can
   * make this device theirs. News `linked` when it is done: an open inbox takes the steps.
   *
   * @throws NoConsentError, LinkingError
   */
  linkCode(): Promise<string> {
    return showLinkCode(this.#session);
  }

  /** Invites the device that showed this code; it is linked when it has answered. @throws LinkCodeError, LinkingError */
  async approveLink(code: string): Promise<void> {
    await approveLink(this.#session, code);
    await this.#housekeeping.sendQueued();
  }

  /** Takes a device out of the list, and tells everybody who may write to it. @throws LinkingError */
  async unlink(address: string): Promise<void> {
    await unlink(this.#session, address);
    await this.#housekeeping.sendQueued();
  }

  /** Closes a lost device's mailbox with what it left behind. @returns the signed erasure receipt @throws LinkingError */
  async closeLost(address: string): Promise<{ receipt: string }> {
    return { receipt: await closeLost(this.#session, address) };
  }
}
