/** What a message that opened does to the device, in the transaction that opened it. */
import { encodeBase64url } from "../protocol/base64url.ts";
import { conversationBetween } from "./addressing.ts";
import type { HeldEnvelope } from "./aside.ts";
import { noteTokenHeard } from "./blocking/telling-token.ts";
import type { Message, Part, Text } from "./channel/content.ts";
import { isNewestChannel } from "./channel/founder.ts";
import type { Opened } from "./channel/opening.ts";
import { learnReplyTo } from "./contacts.ts";
import { decodeDefinition } from "./conversations/definition.ts";
import { forgetIntroductions, getConversation, noteIntroduced } from "./conversations/known.ts";
import { takeDefinition } from "./conversations/taking-definition.ts";
import { noteAnswered } from "./conversations/unanswered.ts";
import { FORWARD_DELAY, forgetAnnounced, tellOwnList } from "./forwarding.ts";
import type { Identity } from "./identity.ts";
import { appendJournal, type JournalEntry } from "./journal.ts";
import { refreshList } from "./linking/own-list.ts";
import { ownStateOf, shareWithSiblings } from "./linking/sharing.ts";
import { takeLinkMessage } from "./linking/taking-link.ts";
import type { News } from "./news.ts";
import { takePart } from "./parts/assembly.ts";
import { passOn } from "./passing-on.ts";
import { acceptList } from "./people/accepting.ts";
import { isAcquainted, learningReach, noteWritten } from "./people/acquaintance.ts";
import type { DeviceList } from "./people/device-list.ts";
import { personOf, siblingsOf } from "./people/persons.ts";
import { noteHeardFrom } from "./people/strangers.ts";
import { dropQueued } from "./queue.ts";
import { takeReceipt } from "./receipts.ts";
import { noteTextTaken, wasTextTaken } from "./taken-texts.ts";
import { markUndecided, UNKNOWABLE } from "./undecided.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

export interface Taken {
  readonly news: readonly News[];
  /** The journal entry that a text became. */
  readonly journaled?: string;
}

/** @param list the sender's, verified, when the message brought one that is news */
export function takeMessage(
  draft: VaultDraft,
  identity: Identity,
  opened: Opened,
  held: HeldEnvelope,
  list: DeviceList | undefined,
  now: number,
): Taken {
  const { message, founderLostState, founderKnowsNothing } = opened;
  const from = opened.from.text;
  const news: News[] = [];
  if (founderLostState) news.push(...noteLostState(draft, from));
  if (founderLostState || founderKnowsNothing) forgetWhatWasTold(draft, from);
  if (list !== undefined) {
    const listed = list.devices.map(({ address }) => address.text);
    news.push(...learningReach(draft, identity, listed, () => acceptList(draft, identity.address, list)));
  }
  if (news.some(({ kind }) => kind === "linked"))
    shareWithSiblings(draft, identity, ownStateOf(draft, identity), now);
  const { head, content } = message;
  if (head.heard !== undefined) noteTokenHeard(draft, from, head.heard);
  if (head.replyTo !== undefined && isNewestChannel(draft, from, opened.channelId)) {
    const { replyTo } = head;
    learningReach(draft, identity, [from], () => learnReplyTo(draft, identity, from, replyTo, head.sentAt));
    news.push(...refreshList(draft, identity, now));
  }
  if (opened.position === 0) noteHeardFrom(draft, identity.address.text, from);
  tellOwnList(draft, identity, from, head.known, now);

  switch (content.kind) {
    case "bare":
      return { news };
    case "receipt":
      return { news: [...news, ...takeReceipt(draft, from, content)] };
    case "conversation":
      return { news: [...news, ...takeConversation(draft, identity, from, content.octets, now)] };
    case "text":
      return { news, ...takeText(draft, identity, from, message, content, content.body, held, now) };
    case "part": {
      const own = identity.address.text;
      const author = content.copy?.author ?? personOf(draft, from);
      // It is here, whole, by another way: no room is kept for it once more.
      if (wasTextTaken(draft, author, encodeBase64url(content.id))) return { news };
      const isStranger = (device: string) => !isAcquainted(draft, own, device);
      const part = takePart(draft, from, content, held.heldUntil, now, isStranger);
      if (part.outcome === "given-up")
        news.push({ kind: "given-up", id: encodeBase64url(content.id), from: personOf(draft, from) });
      if (part.outcome !== "whole") return { news };
      return { news, ...takeText(draft, identity, from, message, content, part.body, held, now) };
    }
    default:
      return { news: [...news, ...takeLinkMessage(draft, identity, opened.from, content, now)] };
  }
}

/**
 * The owner's other devices are told as well: texts that are passed on to them would wait for it. Not of what only
 * strangers told of: nothing of that is passed on.
 */
function takeConversation(
  draft: VaultDraft,
  identity: Identity,
  from: string,
  octets: Uint8Array,
  now: number,
): News[] {
  const { news, isToShare } = takeDefinition(draft, identity, from, octets);
  const definition = decodeDefinition(octets);
  const isOwn = siblingsOf(draft, identity.address.text).includes(from);
  if (isToShare && definition !== undefined && !isOwn) {
    const due = now + Math.floor(Math.random() * FORWARD_DELAY);
    shareWithSiblings(draft, identity, { conversations: [definition] }, due);
  }
  return news;
}

function noteLostState(draft: VaultDraft, from: string): News[] {
  const ids = markUndecided(draft, from);
  // Sealed on a channel that the other side has forgotten: it would be taken and never opened.
  dropQueued(draft, ({ to }) => to === from, UNKNOWABLE);
  return ids.length === 0 ? [] : [{ kind: "undecided", ids }];
}

function forgetWhatWasTold(draft: VaultDraft, from: string): void {
  forgetIntroductions(draft, from);
  forgetAnnounced(draft, from);
}

/** @returns the journal entry that it became; none when it was taken before, in another envelope */
function takeText(
  draft: VaultDraft,
  identity: Identity,
  from: string,
  { head }: Message,
  content: Text | Part,
  body: string,
  held: HeldEnvelope,
  now: number,
): Pick<Taken, "journaled"> {
  const { copy, conversation, members } = content;
  const own = personOf(draft, identity.address.text);
  const author = copy?.author ?? personOf(draft, from);
  const id = encodeBase64url(content.id);
  const other = copy === undefined ? otherOfTwo(identity, own, from, author, conversation) : copy.with;
  const entry: JournalEntry = {
    id,
    from: author,
    device: from,
    text: body,
    sentAt: head.sentAt,
    conversation: encodeBase64url(conversation),
    members: encodeBase64url(members),
    ...(other === undefined ? {} : { other }),
    own: author === own,
    copied: copy !== undefined,
    known: head.known,
    heldAs: held.id,
    confirmed: !held.revocable,
  };
  if (other === undefined && copy === undefined) noteIntroduced(draft, entry.conversation, from);
  if (wasTextTaken(draft, author, id)) return {};
  if (entry.own) {
    for (const person of peopleIn(draft, content, other)) noteWritten(draft, person);
    noteAnswered(draft, entry.conversation);
  }
  if (entry.confirmed) {
    noteTextTaken(draft, author, id, now);
    passOn(draft, identity, entry, now);
  }
  return { journaled: appendJournal(draft, entry) };
}

/** To whom the owner wrote, on another device. */
function peopleIn(reader: VaultReader, { conversation }: Text | Part, other: string | undefined): string[] {
  if (other !== undefined) return [other];
  return getConversation(reader, conversation)?.members.map(({ address }) => address.text) ?? [];
}

/** The other person, when the conversation is one of two. */
function otherOfTwo(
  { address }: Identity,
  own: string,
  from: string,
  author: string,
  conversation: Uint8Array,
): string | undefined {
  const ofTwo = [from, author].some((theirs) =>
    [address.text, own].some(
      (ours) =>
        theirs !== ours &&
        conversationBetween(ours, theirs).conversation.every((octet, i) => octet === conversation[i]),
    ),
  );
  return ofTwo ? author : undefined;
}
