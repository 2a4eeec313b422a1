/** The vectors as a device meets them: with a gap, and as a conversation of two. */
import { describe, expect, it } from "vitest";
import { type Memory, makeMemory } from "./memory.ts";
import { hex, unhex } from "./octets.ts";
import { makeKey } from "./one-time-key.ts";
import { open } from "./recipient.ts";
import { KEY_SERVED } from "./times.ts";
import { vectors } from "./vector-file.ts";

const REACH = { token: new Uint8Array(49), origin: "https://relay.example" };

function withKey(me: Memory, key: { privateKey: string; expires: number }): void {
  me.keys.push(makeKey(me, unhex(key.privateKey), key.expires - KEY_SERVED));
}

function bo(): Memory {
  return makeMemory(unhex(vectors.bo.seed), REACH, "eu");
}

describe("the vectors of a gap", () => {
  it("leave the keys of what was skipped, and one chain key behind all that may come", () => {
    const me = bo();
    withKey(me, vectors.channel.key);
    for (const { opened, next, kept, frontier, frontierKey } of vectors.gap) {
      const message = vectors.channel.messages.find(({ position }) => position === opened);
      const result = open(me, unhex(message?.envelope ?? ""), vectors.channel.created);
      expect(result).toMatchObject({ outcome: "opened", position: opened });
      const [channel, ...others] = me.incoming;
      expect(others).toEqual([]);
      expect(channel?.highest).toBe(next - 1);
      const positions = channel?.expected.map(({ position }) => position) ?? [];
      expect(positions.filter((position) => position < next)).toEqual(kept);
      expect(positions.filter((position) => position >= next)).toHaveLength(frontier - next);
      expect(channel?.frontier).toBe(frontier);
      expect(hex(channel?.chainKey ?? new Uint8Array())).toBe(frontierKey);
    }
  });
});

describe("the vectors of a talk", () => {
  it("are read by both, each text once, and found the next channel on the key that came in one", () => {
    const ann = makeMemory(unhex(vectors.ann.seed), REACH);
    const { "ann-1": first, bo: answer } = vectors.talk.channels;
    const me = bo();
    withKey(me, first.key);
    withKey(ann, answer.key);
    for (const { says, envelope, channel } of vectors.talk.messages) {
      const by = channel === "bo" ? ann : me;
      const result = open(by, unhex(envelope), says.head.sentAt);
      expect(result).toMatchObject({
        outcome: "opened",
        undecided: undefined,
        content: { body: { body: says.body } },
      });
      expect(open(by, unhex(envelope), says.head.sentAt)).toEqual({ outcome: "double" });
      // The half of a key that Bo gave away is with him.
      if (channel === "bo" && says.head.nextKey) withKey(me, says.head.nextKey);
    }
    expect(me.incoming).toHaveLength(2);
    expect(me.keys).toEqual([]);
    expect(ann.carried.map(({ from }) => from)).toEqual([vectors.bo.address]);
  });
});
