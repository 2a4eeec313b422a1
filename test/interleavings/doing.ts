/** What people do with their phones, and what the ledger is told of it. */
import { UnknownContactError } from "../../src/client/contacts.ts";
import { listJournal } from "../../src/client/journal.ts";
import { LinkingError } from "../../src/client/linking/link.ts";
import { devicesOf, personOf } from "../../src/client/people/persons.ts";
import { isRelayError } from "../../src/client/relay-problem.ts";
import { getSent } from "../../src/client/sent.ts";
import type { Written } from "./ledger.ts";
import type { Outcome, Phone, Trouble } from "./phone.ts";
import type { World } from "./world.ts";

export interface Writing {
  /** A person, or everybody. */
  readonly to: number | "all";
  readonly body: string;
  readonly ttlSeconds: number;
  readonly revocable: boolean;
}

/** Writes a text. */
export async function write(world: World, phone: Phone, text: Writing, trouble: Trouble = {}): Promise<void> {
  const self = world.personOf(phone);
  const others = text.to === "all" ? world.people.map((_, i) => i).filter((i) => i !== self) : [text.to];
  if (others.includes(self) || (text.to === "all" && world.group === undefined)) return;
  // What a device writes before it hears that it is linked, it writes for itself.
  const isPersons =
    world.isLinked(phone) && personOf(phone.vault, phone.address) === world.first(self).address;
  const truth = [...(isPersons ? [self] : []), ...others].flatMap((person) => world.members(person));
  const belief = [self, ...others].flatMap((person) => devicesOf(phone.vault, world.first(person).address));
  const written: Written = {
    body: text.body,
    from: phone.address,
    authors: new Set([phone.address, world.first(self).address]),
    conversation: text.to === "all" ? world.group : undefined,
    people: [self, ...others],
    should: new Set(truth.filter((device) => device !== phone.address)),
    may: new Set([...truth, ...belief].filter((device) => device !== phone.address)),
    told: "unknown",
    revoking: false,
    unlinked: false,
  };
  world.ledger.write(written);
  const to = text.to === "all" ? (world.group ?? "") : world.first(text.to).address;
  const { body, ttlSeconds, revocable } = text;
  const outcome = await phone.through(trouble, () => phone.device.send(to, body, { ttlSeconds, revocable }));
  expected(outcome);
  if (outcome.outcome === "done") written.told = outcome.value;
  if (outcome.outcome === "failed") written.told = "nothing";
}

/** Reads what has come; the app finishes with so many of the texts, and is then closed. */
export async function read(
  world: World,
  phone: Phone,
  finishes: number,
  trouble: Trouble = {},
): Promise<void> {
  const { ledger } = world;
  let finishing = "";
  const outcome = await phone.through(trouble, async () => {
    let left = finishes;
    const shown = new Set<string>();
    for await (const text of phone.device.inbox({ once: true })) {
      if (shown.has(text.id)) throw new Error(`handed twice in a row: ${text.text}`);
      shown.add(text.id);
      ledger.hand(phone.address, text);
      if (left-- <= 0) break;
      finishing = text.id;
      await text.done();
      ledger.finish(phone.address, text.id);
    }
  });
  expected(outcome);
  // It may have died between being done and hearing of it.
  const isGone = !listJournal(phone.vault).some(([, { id }]) => id === finishing);
  if (outcome.outcome === "died" && isGone) ledger.finish(phone.address, finishing);
}

export async function flush(phone: Phone, trouble: Trouble = {}): Promise<void> {
  expected(await phone.through(trouble, () => phone.device.flush()));
}

/** Shows a person's other device's code to their first. */
export async function link(
  world: World,
  person: number,
  phone: Phone,
  trouble: Trouble = {},
  on: Trouble = {},
) {
  const code = await phone.through(trouble, () => phone.device.ownDevices.linkCode());
  expected(code);
  if (code.outcome !== "done") return;
  const first = world.first(person);
  expected(await first.through(on, () => first.device.ownDevices.approveLink(code.value)));
}

export async function unlink(world: World, phone: Phone, trouble: Trouble = {}): Promise<void> {
  const first = world.first(world.personOf(phone));
  expected(await first.through(trouble, () => first.device.ownDevices.unlink(phone.address)));
}

/** Takes a text back, or tries to. */
export async function revoke(world: World, phone: Phone, body: string, trouble: Trouble = {}): Promise<void> {
  const written = world.ledger.written.get(body);
  if (written === undefined || typeof written.told !== "object" || written.from !== phone.address) return;
  const { id, pieces } = written.told;
  if (pieces.every(({ key }) => key === undefined)) return;
  written.revoking = true;
  const outcome = await phone.through(trouble, () => phone.device.revoke(id));
  // Forgotten long ago, or with the state.
  if (outcome.outcome === "failed" && outcome.error instanceof RangeError) return;
  expected(outcome);
}

/** Asks what became of texts that can be taken back: of those the relay still knows. */
export async function ask(world: World, phone: Phone): Promise<void> {
  for (const { told, from } of world.ledger.written.values())
    if (from === phone.address && typeof told === "object" && getSent(phone.vault, told.id) !== undefined)
      expected(await phone.through({}, () => phone.device.state(told.id)));
}

/** Only what can fail, and as it is documented to. */
function expected(outcome: Outcome<unknown>): void {
  if (outcome.outcome !== "failed") return;
  const { error } = outcome;
  const known = isRelayError(error) || error instanceof UnknownContactError || error instanceof LinkingError;
  if (!known) throw error;
}
