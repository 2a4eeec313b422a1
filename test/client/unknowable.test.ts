import { expect, it } from "vitest";
import { announceLostState } from "../../src/client/announcing.ts";
import { forgetChannels } from "../../src/client/channel/sweeping.ts";
import { readIdentity } from "../../src/client/identity.ts";
import { Cast, type Member } from "../lying/cast.ts";

it("a text stays undecided that its recipient took and could not open, whatever the relay says of it", async () => {
  const cast = new Cast();
  const [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
  await cast.write(ann, bo, "by which they know each other");
  await cast.write(bo, ann, "and the answer to that");
  await cast.settle(ann, bo);
  const { id } = await cast.write(ann, bo, "what may be taken back", { revocable: true });

  cast.relay.now += 1000;
  await bo.vault.transaction((draft) => {
    announceLostState(draft, readIdentity(draft), cast.relay.now);
    forgetChannels(draft);
  });
  expect(await cast.read(bo)).toEqual([]);
  expect((await ann.device.state(id)).state).toBe("delivered");
  await cast.read(ann);
  expect((await ann.device.state(id)).state).toBe("undecided");
  expect((await ann.device.revoke(id)).state).toBe("undecided");
});
