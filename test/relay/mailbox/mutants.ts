/**
 * Promises of the mailbox, each broken on purpose, and a schedule on which it is not what its specification says. What
 * is to be found stands once in its file: who changes that line changes the mutant with it.
 *
 * This is read inside workerd and outside: it loads nothing.
 */

/** Of the global object: the name of the mutant that is played. */
export const BROKEN = "brokenMailbox";

const ACKNOWLEDGEMENTS = "relay/mailbox/acknowledgements.ts";
const LINE = "relay/mailbox/line.ts";
const CONTACT = "relay/mailbox/contact.ts";
const STRANGER = "relay/mailbox/stranger.ts";
const DELIVERY = "relay/mailbox/delivery.ts";

const plan = <Command>(command: Command, failing: "nothing" | "storage" = "nothing") => ({
  command,
  failing,
});
const message = { number: 0, size: 2048, ttl: 60 };
const text = { do: "deposit" as const, epoch: 0, ...message };
const nowOrNever = { ...text, ttl: 0 };
const revocable = { do: "deposit revocable" as const, epoch: 0, ...message, key: 1 };
const introduction = { token: 1, mayOpen: true };
const connect = { do: "connect" as const, nonce: 1, habit: "silent" as const };
const together = <Meanwhile>(items: Partial<typeof message & { key: number }>[], meanwhile: Meanwhile) =>
  plan({
    do: "deposit together" as const,
    epoch: 0,
    items: items.map((item) => ({ ...message, ...item })),
    meanwhile,
  });
const pass = (milliseconds: number) => ({ do: "let time pass" as const, milliseconds });

/** Each `schedule` is of an open mailbox, in the words of schedules.ts. */
export const MUTANTS = [
  {
    name: "forgets what was in memory when the socket ends",
    edits: [{ file: LINE, find: 'if (fate !== "withdrawn") this.#keep(fate);', replace: "" }],
    schedule: [plan(connect), together([{}, {}], { do: "disconnect" as const })],
  },
  {
    name: "forgets what was in memory when a newer socket comes",
    edits: [
      {
        file: LINE,
        find: "this.close(CLOSE.replaced);",
        replace: "this.#socket?.close(CLOSE.replaced.code, CLOSE.replaced.reason);",
      },
    ],
    schedule: [plan(connect), together([{}], connect)],
  },
  {
    name: "says held of what could not be written",
    edits: [{ file: LINE, find: 'stored ? fate : "unavailable"', replace: "fate" }],
    schedule: [plan(connect), plan(text, "storage")],
  },
  {
    name: "calls no device slow",
    edits: [{ file: LINE, find: "this.#note({ ...this.#progress, slow: true });", replace: "" }],
    schedule: [plan(connect), plan(text), plan(nowOrNever)],
  },
  {
    name: "forgives a slow device because a text has expired",
    edits: [
      {
        file: LINE,
        find: "this.#window().remove(id)?.settle?.(fate);",
        replace: "this.#window().remove(id)?.settle?.(fate); this.#forgiveWhenSettled();",
      },
    ],
    schedule: [plan(connect), plan(text), plan(pass(60_000)), plan(nowOrNever)],
  },
  {
    name: "forgets in hibernation how far the socket had got",
    edits: [{ file: LINE, find: "this.#socket?.serializeAttachment(progress);", replace: "" }],
    schedule: [
      plan(connect),
      plan(revocable),
      plan({ do: "hibernate" as const }),
      plan({ ...revocable, key: 2 }),
    ],
  },
  {
    name: "holds under another id what it had shown",
    edits: [
      {
        file: DELIVERY,
        find: "this.#store.holdShown(id, body, heldUntil, now);",
        replace: "this.#store.holdShown(this.nextId(now), body, heldUntil, now);",
      },
    ],
    schedule: [plan(connect), plan(text)],
  },
  {
    name: "keeps no place for what it shows from memory",
    edits: [{ file: "relay/mailbox/store.ts", find: "this.#live()", replace: "({ messages: 0, bytes: 0 })" }],
    schedule: [
      plan(connect),
      together([{ size: 4096 }, { size: 4096 }, { size: 8192, key: 1 }], { ...revocable, key: 2 }),
    ],
  },
  {
    name: "shows from memory what comes behind something that waits to be written",
    edits: [
      { file: CONTACT, find: "isGathering() && !nowOrNever", replace: "false" },
      { file: CONTACT, find: "isGathering() ? await behind(show) : show()", replace: "show()" },
    ],
    schedule: [plan(connect), together([{ key: 1 }, {}], pass(1))],
  },
  {
    name: "shows what is now or never before what it comes behind",
    edits: [{ file: CONTACT, find: "isGathering() ? await behind(show) : show()", replace: "show()" }],
    schedule: [plan(connect), together([{ key: 1 }, { ttl: 0 }], pass(1))],
  },
  {
    name: "shows a stranger's text from memory, and tells that somebody is there",
    edits: [
      {
        file: STRANGER,
        find: "if (ttl === 0) return guard.attempt((now) => this.#admitted(now, () => EXPIRED));",
        replace: `
          if (ttl === 0) return guard.attempt((now) => this.#admitted(now, () => EXPIRED));
          const fate = delivery.show(envelope, expiresAt(Date.now(), ttl), false, Date.now());
          if ((await fate) === "acknowledged") return { outcome: "delivered" };`,
      },
    ],
    schedule: [plan({ ...connect, habit: "prompt" as const }), plan({ ...text, introduction })],
  },
  {
    name: "tells a stranger that the device has what may be taken back",
    edits: [
      {
        file: STRANGER,
        find: 'known.outcome === "delivered" && !isDue(known.heldUntil, now)',
        replace: "false",
      },
    ],
    schedule: [plan({ ...connect, habit: "prompt" as const }), plan({ ...revocable, introduction })],
  },
  {
    name: "erases nothing when it is acknowledged",
    edits: [{ file: ACKNOWLEDGEMENTS, find: "store.erase(id, at)", replace: "true" }],
    schedule: [plan(text), plan({ do: "acknowledge" as const, numbers: [1], by: "http" as const })],
  },
];
