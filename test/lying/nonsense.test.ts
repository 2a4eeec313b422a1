import { beforeEach, describe, expect, it } from "vitest";
import { RelayProtocolError } from "../../src/client/relay-problem.ts";
import { DAY } from "../../src/protocol/limits.ts";
import { Cast, type Member } from "./cast.ts";
import { saying } from "./relay.ts";

/** JSON that has not the form of any answer. */
const NONSENSE = [null, 0, "", "held", [], {}, [[]], { messages: {}, erased: 7, unclaimed: {}, nonce: "1" }];
describe("a device whose own relay answers with nonsense", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
    await cast.write(ann, bo, "waiting for Bo");
  });

  async function expectUnharmed(): Promise<void> {
    cast.relay.lies = {};
    await cast.restart(bo);
    expect(await cast.read(bo)).toEqual(["waiting for Bo"]);
    cast.relay.now += DAY;
    expect(await cast.read(bo)).toEqual([]);
    await cast.write(bo, ann, "and an answer");
    expect(await cast.read(ann)).toEqual(["and an answer"]);
    cast.expectTruth();
  }

  it("to a pull says so, and loses nothing", async () => {
    for (const answer of NONSENSE) {
      cast.relay.lies.pull = () => answer;
      await expect(cast.read(bo), JSON.stringify(answer)).rejects.toThrow(RelayProtocolError);
    }
    await expectUnharmed();
  });

  it("to a pull, message by message, says so, and loses nothing", async () => {
    const sound = { id: 7, body: "", heldUntil: cast.relay.now + DAY, revocable: false };
    const unsound = [
      null,
      7,
      {},
      { ...sound, id: "7" },
      { ...sound, id: -1 },
      { ...sound, id: 0.5 },
      { ...sound, body: 7 },
      { ...sound, body: null },
      { ...sound, heldUntil: "soon" },
      { ...sound, heldUntil: null },
      { ...sound, revocable: 1 },
    ];
    for (const message of unsound) {
      cast.relay.lies.pull = () => ({ messages: [message], more: false });
      await expect(cast.read(bo), JSON.stringify(message)).rejects.toThrow(RelayProtocolError);
    }
    await expectUnharmed();
  });

  it("to an acknowledgement says so, and hands its texts over the next time", async () => {
    for (const answer of NONSENSE) {
      cast.relay.lies.erase = () => answer;
      await expect(cast.read(bo), JSON.stringify(answer)).rejects.toThrow(RelayProtocolError);
    }
    await expectUnharmed();
  });

  it("to the question how its mailbox stands says so, and forgets nothing", async () => {
    cast.relay.now += DAY;
    const sound = cast.relay.mailboxes.status(bo.address);
    const nonces = ["7", null, -1, 0.5, Number.MAX_SAFE_INTEGER, 1e300];
    const answers = [...NONSENSE, ...nonces.map((nonce) => ({ ...sound, nonce }))];
    const channels = bo.vault.list("key/");
    for (const answer of answers) {
      cast.relay.lies.status = () => answer;
      await cast.restart(bo);
      await expect(bo.device.send(ann.address, "never sent"), JSON.stringify(answer)).rejects.toThrow(
        RelayProtocolError,
      );
    }
    expect(bo.vault.list("key/")).toEqual(channels);
    await expectUnharmed();
  });

  it("to a new pool says so, and keeps its keys", async () => {
    cast.relay.now += DAY;
    for (const answer of NONSENSE) {
      cast.relay.lies.pool = saying(answer);
      cast.relay.lies.pull = () => ({ messages: [], more: false });
      await expect(cast.read(bo), JSON.stringify(answer)).rejects.toThrow(RelayProtocolError);
    }
    await expectUnharmed();
  });

  it("that there is always more stops asking when nothing new comes", async () => {
    let pulls = 0;
    cast.relay.lies.pull = (_, honest) => {
      if (++pulls > 20) throw new Error("no end");
      return { ...(honest() as object), more: true };
    };
    expect(await cast.read(bo)).toEqual(["waiting for Bo"]);
    cast.relay.lies.erase = () => ({ erased: [] });
    await cast.write(ann, bo, "shown again and again");
    pulls = 0;
    expect(await cast.read(bo)).toEqual(["shown again and again"]);
    cast.expectTruth();
  });
});
