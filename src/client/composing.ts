/**
 * From letters to journaled envelopes: one vault transaction moves the channels on and queues the sealed octets.
 * Nothing has left the device when it is done.
 */
import { randomBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../protocol/base64url.ts";
import { MAX_TTL_SECONDS } from "../protocol/limits.ts";
import type { OneTimeKey } from "../protocol/one-time-key.ts";
import { type Letter, TextTooLongError } from "./addressing.ts";
import { noteAnswering } from "./answering.ts";
import { isBlocked } from "./blocking/blocked.ts";
import { isUntold, noteTelling } from "./blocking/telling-token.ts";
import type { Content } from "./channel/content.ts";
import { needsKey, type SealedEnvelope, type SealOptions, seal } from "./channel/sealing.ts";
import { type Claims, claimKeys } from "./claiming.ts";
import { requireConsent } from "./consent-record.ts";
import { UnknownContactError } from "./contacts.ts";
import { encodeDeviceList } from "./people/device-list.ts";
import { getDeviceList, knownCounter, personOf, toldCounter } from "./people/persons.ts";
import type { Reach } from "./people/reach.ts";
import { reachOf } from "./people/reaching.ts";
import { enqueue, type Queued } from "./queue.ts";
import type { Session } from "./session.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

/** Octets of a revocable deposit's key. */
const DEPOSIT_KEY_SIZE = 16;

/** An envelope in the queue, and the content it carries; none for a founding that goes ahead alone. */
export interface Posted {
  readonly letter: Letter;
  readonly content?: Content;
  readonly queued: Queued;
}

/** Some letters need keys to found channels on; what the transaction did so far is undone. */
class KeysNeeded extends Error {
  readonly devices: ReadonlyMap<string, Reach>;
  constructor(devices: ReadonlyMap<string, Reach>) {
    super("keys needed");
    this.devices = devices;
  }
}

/**
 * Seals letters. Devices of which no key could be had are left out.
 *
 * @param write makes the letters, and after them notes in the same draft what the envelopes are to the device
 * @throws what prevented the first, when no letter could be sealed at all
 */
export async function compose<T>(
  session: Session,
  ttlSeconds: number,
  write: {
    letters: (reader: VaultReader) => readonly Letter[];
    note: (
      draft: VaultDraft,
      posted: readonly Posted[],
      failures: ReadonlyMap<string, unknown>,
      enqueuePosted: (posted: Posted, piece?: Queued["piece"]) => string,
    ) => T;
  },
): Promise<T> {
  const claims: Claims = { keys: new Map(), failures: new Map() };
  for (;;) {
    try {
      return await session.vault.transaction(async (draft) => {
        const letters = write.letters(draft);
        const open = letters.filter(
          ({ device }) => !claims.failures.has(device.text) && !isBlocked(draft, device.text),
        );
        const [failure] = claims.failures.values();
        if (open.length === 0 && failure !== undefined) throw failure;
        requireKeys(session, draft, open, ttlSeconds, claims.keys);
        const posted: Posted[] = [];
        for (const letter of open)
          posted.push(...(await sealLetter(session, draft, letter, ttlSeconds, claims.keys)));
        noteAnswering(draft, session.identity, open, session.platform.now());
        return write.note(draft, posted, claims.failures, ({ queued }, piece) =>
          enqueue(draft, piece === undefined ? queued : { ...queued, piece }),
        );
      });
    } catch (error) {
      if (!(error instanceof KeysNeeded)) throw error;
      await claimKeys(session.platform, error.devices, claims);
    }
  }
}

/** Before any letter is sealed, so that nothing is sealed in vain. */
function requireKeys(
  { platform }: Session,
  reader: VaultReader,
  letters: readonly Letter[],
  ttlSeconds: number,
  keys: ReadonlyMap<string, OneTimeKey>,
): void {
  const needed = letters.filter(
    (letter) =>
      !keys.has(letter.device.text) &&
      needsKey(reader, letter.device, longestTtl(letter, ttlSeconds), platform.now()),
  );
  if (needed.length > 0)
    throw new KeysNeeded(
      new Map(needed.map(({ device }) => [device.text, requireReach(reader, device.text)])),
    );
}

async function sealLetter(
  session: Session,
  draft: VaultDraft,
  letter: Letter,
  ttlSeconds: number,
  keys: ReadonlyMap<string, OneTimeKey>,
): Promise<Posted[]> {
  const { identity, platform, life } = session;
  const { device } = letter;
  const claimed = keys.get(device.text);
  const own = getDeviceList(draft, personOf(draft, identity.address.text));
  const isTold = own === undefined || toldCounter(draft, device.text) >= own.counter;
  const options: SealOptions = {
    now: platform.now(),
    life: life.now(),
    ttlSeconds,
    known: knownCounter(draft, personOf(draft, device.text)),
    replyTo: { token: requireConsent(draft).deliveryToken, relay: identity.relay },
    ...(claimed === undefined ? {} : { claimed }),
    ...(isTold ? {} : { devices: encodeDeviceList(own) }),
    ...(isUntold(draft, device.text) ? { tellsToken: true } : {}),
  };
  const posted: Posted[] = [];
  for (const content of letter.contents) {
    const sealed = await seal(draft, identity, device, content, {
      ...options,
      ttlSeconds: ttlOf(content, ttlSeconds),
    });
    if (sealed.outcome === "too-long")
      throw new TextTooLongError("The text does not fit one envelope of 64 KiB.");
    if (sealed.outcome !== "sealed")
      throw new KeysNeeded(new Map([[device.text, requireReach(draft, device.text)]]));
    for (const envelope of sealed.envelopes) {
      noteTelling(draft, device.text, envelope.channelId, envelope.position);
      posted.push({
        letter,
        ...(envelope.carriesContent ? { content } : {}),
        queued: toQueued(device.text, envelope, options.now),
      });
    }
  }
  return posted;
}

/** Without a conversation's definition nothing of it opens: it lasts, however short-lived the text behind it is. */
function ttlOf(content: Content, ttlSeconds: number): number {
  return content.kind === "conversation" ? MAX_TTL_SECONDS : ttlSeconds;
}

function longestTtl({ contents }: Letter, ttlSeconds: number): number {
  return Math.max(...contents.map((content) => ttlOf(content, ttlSeconds)));
}

function toQueued(to: string, envelope: SealedEnvelope, now: number): Queued {
  const { bytes, ttlSeconds, revocable, channelId, position } = envelope;
  return {
    to,
    envelope: encodeBase64url(bytes),
    ttlSeconds,
    expires: now + ttlSeconds * 1000,
    channelId: encodeBase64url(channelId),
    position,
    ...(revocable ? { key: encodeBase64url(randomBytes(DEPOSIT_KEY_SIZE)) } : {}),
  };
}

function requireReach(reader: VaultReader, device: string): Reach {
  const reach = reachOf(reader, device);
  if (reach === undefined) throw new UnknownContactError("Nobody said how this device can be reached.");
  return reach;
}
