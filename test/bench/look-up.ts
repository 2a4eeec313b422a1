/** What it costs to see whether an envelope's tag is one of those that 500 contacts may send next. */
import { randomBytes } from "@noble/hashes/utils.js";
import { getExpected, putExpected } from "../../src/client/channel/expected.ts";
import { CHANNEL_ID_SIZE } from "../../src/client/channel/founding.ts";
import { LOOK_AHEAD } from "../../src/client/channel/limits.ts";
import { SECRET_SIZE } from "../../src/client/channel/ratchet.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { encodeEnvelope, SIZE_CLASSES, TAG_SIZE } from "../../src/protocol/envelope.ts";
import { actor, open } from "../client/channel/scene.ts";
import { printTimes, timesOf } from "./measure.ts";

const CONTACTS = 500;
const ASKED = 2000;

export async function benchLookUp(): Promise<void> {
  const vault = new MemoryVault();
  const tags: Uint8Array[] = [];
  await vault.transaction((draft) => {
    for (let contact = 0; contact < CONTACTS; contact++) {
      const channelId = randomBytes(CHANNEL_ID_SIZE);
      for (let position = 1; position <= LOOK_AHEAD; position++) {
        const tag = randomBytes(TAG_SIZE);
        tags.push(tag);
        putExpected(draft, { tag, channelId, position, messageKey: randomBytes(SECRET_SIZE) });
      }
    }
  });
  const step = Math.floor(tags.length / ASKED);
  const known = await timesOf(
    tags.filter((_, i) => i % step === 0),
    (tag) => {
      if (getExpected(vault, tag) === undefined) throw new Error("not found");
    },
  );
  printTimes(`look up a tag among ${CONTACTS} contacts`, known);

  const junk = Array.from({ length: ASKED }, () =>
    encodeEnvelope(randomBytes(TAG_SIZE), randomBytes(SIZE_CLASSES[0] - TAG_SIZE - 1)),
  );
  const device = { ...(await actor(0)), vault };
  const unknown = await timesOf(junk, async (envelope) => {
    const { outcome } = await open(device, envelope);
    if (outcome !== "unknown") throw new Error(outcome);
  });
  printTimes("refuse an envelope of an unknown tag, whole", unknown);
}
