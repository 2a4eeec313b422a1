/** Every limit of the protocol, each with its reason. Times in milliseconds unless the name says otherwise. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;

/**
 * Days after which a mailbox lapses that its device did not come to: a phone in a drawer for a season is still
 * somebody's, after half a year it is most likely lost or replaced, and what is held for it serves nobody.
 */
export const LAPSE_DAYS = 180;

/** Longest a message is held, whoever asks: "briefly" must have an end that nobody can configure away. */
export const MAX_TTL_SECONDS = 7 * 24 * 60 * 60;

/** Messages in a mailbox: a week of a busy person; one drain of them fits a phone's short waking time. */
export const MAX_HELD_MESSAGES = 1000;

/** Octets in a mailbox: 1,000 small texts or 64 of the largest, and what a Durable Object reads in one go. */
export const MAX_HELD_BYTES = 4 * 1024 * 1024;

/**
 * Marks of finished revocable deposits in a mailbox. They outlive their text, so they need a bound of their
 * own: as many as there may be messages, twice over, for yesterday's and today's.
 */
export const MAX_MARKS = 2000;

/**
 * Of these, marks of keys that were revoked before any deposit came under them. Such a mark must last as long as a
 * copy may be on its way, and a sender retries until the text's time ends: the longest TTL, and the grace below. As
 * anybody with a token can make them, of random keys and at no cost, they get a half and never more: so they cannot
 * use up the room of deposits that are there.
 */
export const MAX_UNSEEN_MARKS = MAX_MARKS / 2;

/** A mark outlives the TTL by this much: a sender that was offline for a day still learns the truth. */
export const MARK_GRACE = 24 * 60 * MINUTE;

/**
 * Frames a device may have unacknowledged. 64 small ones keep a fast line busy over 100 ms of round trip;
 * 512 KiB keep a phone's memory and a dead socket's buffer small.
 */
export const WINDOW_MESSAGES = 64;
export const WINDOW_BYTES = 512 * 1024;

/** Ids in one acknowledgement: a full window, and room for what was pulled over HTTP. */
export const MAX_ACKNOWLEDGED_IDS = 256;

/** Messages in one pull: with 1 MiB of octets below it, a bounded answer for small devices. */
export const MAX_PULL_MESSAGES = 100;
export const MAX_PULL_BYTES = 1024 * 1024;

/** How long a deposit waits for a connected device: longer than a slow radio's round trip, short for a sender. */
export const LIVE_DEADLINE = 500;

/**
 * Deposits that a deposit socket may have unanswered: one to every device of a conversation of 32 people with eight
 * devices each. A device that takes them live answers within {@link LIVE_DEADLINE}, so that is 500 a second at worst.
 */
export const MAX_UNANSWERED_DEPOSITS = 256;

/**
 * Octets of their items, and so of one frame as well: fifteen of the largest envelopes, or all of the above in the
 * smallest. What the platform takes in one WebSocket message at the least, and little of the 128 MiB that all of an
 * isolate's sockets share.
 */
export const MAX_UNANSWERED_BYTES = 1024 * 1024;

/**
 * Deposits on one deposit socket, which is one request to the platform: each costs two rate limits and a call of the
 * mailbox at most, and a request may make 10,000 calls. It also bounds the answers that wait for a sender who reads
 * none: 90 KiB.
 */
export const MAX_SOCKET_DEPOSITS = 3000;

/** How long a deposit socket may say nothing: longer than somebody writes the next text, and then it holds memory for nothing. */
export const DEPOSIT_SOCKET_IDLE = MINUTE;

/** One-time keys in a pool, last-resort key included: first contacts of one busy day; 88 KiB of storage. */
export const MAX_ONE_TIME_KEYS = 64;

/**
 * One-time keys that a mailbox gives out in a UTC day, last-resort ones included: three full pools, which is some
 * twenty people with three devices each whom somebody meets in a day, and as many again who lost their state and
 * found anew. Whoever claims without end, with a token that was given to them, stops there: until the day's end
 * they keep others from founding, but neither make the mailbox write nor serve the last-resort key without bound.
 */
export const MAX_CLAIMS_A_DAY = 200;

/**
 * How long a permit lasts that an introduction opened: as long as an envelope that was deposited under it may be held
 * and its mark be asked for. By then the two have answered each other and hold delivery tokens, or never will.
 */
export const PERMIT_LIFE = MAX_TTL_SECONDS * SECOND + MARK_GRACE;

/**
 * Envelopes under one permit, revocable ones by key: a first long text with a picture in it, or a dozen short ones;
 * whoever gets no answer to that is not meant to go on.
 */
export const MAX_PERMIT_ENVELOPES = 20;

/** Introductions asked for at once: what a person with a few devices who is being written to can have use for. */
export const MAX_INTRODUCTIONS_A_CALL = 8;

/** Permits open at once: as many strangers in eight days as there are one-time keys in a pool. */
export const MAX_PERMITS = 64;

/**
 * What strangers may have in a mailbox together, besides the limits for all: a quarter of the messages, of their
 * octets and of the marks. However many come with however many keys, three quarters are left to friends.
 */
export const MAX_PERMIT_MESSAGES = MAX_HELD_MESSAGES / 4;
export const MAX_PERMIT_BYTES = MAX_HELD_BYTES / 4;
export const MAX_PERMIT_MARKS = MAX_MARKS / 4;

/** Served this long after they were made; private halves are kept a TTL longer, for foundings still held. */
export const KEY_SERVED = 14 * DAY;
export const KEY_KEPT = KEY_SERVED + MAX_TTL_SECONDS * SECOND;

/** A signed request's `created` may differ this much from the relay's clock, either way (seconds). */
export const SIGNATURE_WINDOW_SECONDS = 60;

/**
 * How far ahead the `expires` of a published key may lie: a device's clock may be wrong by as much as a
 * signature's may, and a second, which `created` does not show. A key that is served for longer than its
 * private half is kept founds channels that nobody can open.
 */
export const KEY_EXPIRES_AHEAD = KEY_SERVED + (SIGNATURE_WINDOW_SECONDS + 1) * SECOND;

/** A socket ticket is used at once; the same window as a signed request. */
export const TICKET_WINDOW = SIGNATURE_WINDOW_SECONDS * SECOND;

/**
 * A consent statement is taken this long after it was made. A person reads, confirms and retries within it;
 * beyond it the ledger need no longer remember the statement's hash to refuse a replay.
 */
export const STATEMENT_WINDOW = 10 * MINUTE;

/**
 * Look-ups of one verified number: a first address book of 2,000 at once, and then what a person meets in a day, with
 * room for a client that looks its contacts up again every week or two. Trying all numbers of a small country, ten
 * million, takes one number a century and more. In each budget, `perDay` comes back evenly, and never above `capacity`.
 */
export const LOOK_UPS_PER_NUMBER = { capacity: 2000, perDay: 200 } as const;

/** Introductions of one verified number: strangers that a person writes to in a day are few, also after moving in. */
export const INTRODUCTIONS_PER_NUMBER = { capacity: 50, perDay: 20 } as const;

/** Codes sent to one number, whoever asks: a mistyped code and a lost SMS or two; not a way to pester anybody. */
export const CODES_PER_NUMBER = { capacity: 5, perDay: 5 } as const;

/**
 * How long after each code the next may be asked for: an SMS mostly comes within a minute, and who waits for one that
 * does not come gets another before they give up. The last wait stays.
 */
export const RESEND_WAITS = [1, 2, 5, 10].map((minutes) => minutes * MINUTE);

/** A code, and the verification with it, ends this long after it was sent: an SMS that is later than that is lost. */
export const CODE_LIFE = 10 * MINUTE;

/** Tries at one code. Of a million codes, five times {@link CODES_PER_NUMBER} a day hit one in a century. */
export const MAX_CODE_ATTEMPTS = 5;

/** Devices that may be verifying one number at the same time: a person's own few; others have to wait. */
export const MAX_VERIFICATIONS_PER_NUMBER = 4;

/** A number proof is used at once, to be listed: no longer than the code that it was given for lived. */
export const NUMBER_PROOF_LIFE = 10 * MINUTE;

/** Elements in one request for evaluations: some 50 ms of a Worker's time, and one proof over all of them. */
export const MAX_EVALUATIONS = 32;

/**
 * How long a device that is in use keeps the route of its number after another verified it: long enough for a person
 * to hear of it over a weekend, and short enough for whoever was given the number to be found by it this week.
 */
export const TAKEOVER_WAIT = 3 * DAY;

/** A device that was not here for so many days does not keep anybody waiting. */
export const ACTIVE_DAYS = 30;

/** JSON bodies. The largest, a full pool of one-time keys, is 64 × 1.8 KiB. */
export const MAX_JSON_BYTES = 160 * 1024;

/**
 * An event of the consent ledger is kept so long, counted from the event and never ending before its consent: the time
 * in which a person, or an authority for them, may ask whether and when there was a consent. It names nobody by then.
 */
export const EVENT_KEPT = 3 * 365 * DAY;
