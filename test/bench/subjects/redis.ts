/** Redis streams, synced to disk before each answer: a stream a mailbox, read by a consumer group, deleted when acknowledged. */
import { mkdir } from "node:fs/promises";
import { createClient, RESP_TYPES } from "@redis/client";
import { numberIn } from "../load/body.ts";
import { freePort } from "../machine/free-port.ts";
import { ServerProcess } from "../machine/server-process.ts";
import { usageOfGroups } from "../machine/usage.ts";
import type { Subject } from "../throughput/subject.ts";
import { installed, versionOf } from "./installed.ts";

const GROUP = "recipients";
/** Messages that one read takes at most: as many as a mailbox shows at once. */
const READ_AT_ONCE = "64";

type Read = [stream: Buffer, messages: [id: Buffer, fields: Buffer[]][]][] | null;

export async function startRedis(folder: string): Promise<Subject | undefined> {
  const command = installed("redis-server");
  if (command === undefined) return undefined;
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const flags = [
    ...["--bind", "127.0.0.1", "--dir", folder, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "always"],
  ];
  const server = await ServerProcess.start({ command, args: ["--port", String(port), ...flags], port });
  const connect = () => {
    // RESP 2, for the form of its answers.
    const client = createClient({ RESP: 2, socket: { host: "127.0.0.1", port } }).withTypeMapping({
      [RESP_TYPES.BLOB_STRING]: Buffer,
    });
    client.on("error", () => undefined);
    return client.connect();
  };
  const sender = await connect();
  const recipient = await connect();
  const stream = (mailbox: number) => `mailbox:${mailbox}`;
  let prepared = 0;

  const read = async (client: typeof sender, mailboxes: readonly number[], block: readonly string[]) =>
    (await client.sendCommand([
      ...["XREADGROUP", "GROUP", GROUP, "one", "COUNT", READ_AT_ONCE, ...block],
      ...["STREAMS", ...mailboxes.map(stream), ...mailboxes.map(() => ">")],
    ])) as unknown as Read;
  const acknowledge = (answer: Read, arrived: (number: number) => void) =>
    Promise.all(
      (answer ?? []).flatMap(([key, messages]) => {
        const ids = messages.map(([id]) => id);
        for (const [, fields] of messages) if (fields[1] !== undefined) arrived(numberIn(fields[1]));
        return [
          recipient.sendCommand(["XACK", key, GROUP, ...ids]),
          recipient.sendCommand(["XDEL", key, ...ids]),
        ];
      }),
    );
  let reader: { stop(): Promise<void> } | undefined;

  return {
    name: "Redis streams",
    shapes: ["held", "live"],
    settings: [
      `Redis ${versionOf(command, "--version")}: appendonly yes, appendfsync always, no snapshots`,
      "XADD; XREADGROUP, XACK and XDEL; one connection for all senders, one reader for all recipients",
    ],
    async prepare(mailboxes) {
      for (; prepared < mailboxes; prepared++)
        await sender.sendCommand(["XGROUP", "CREATE", stream(prepared), GROUP, "$", "MKSTREAM"]);
    },
    async deposit(mailbox, body) {
      await sender.sendCommand(["XADD", stream(mailbox), "*", "body", body]);
    },
    async connect(mailboxes, arrived) {
      const client = await connect();
      const all = [...Array(mailboxes).keys()];
      let goesOn = true;
      const reading = (async () => {
        while (goesOn) {
          const answer = await read(client, all, ["BLOCK", "200"]);
          await acknowledge(answer, arrived);
        }
      })();
      reader = {
        async stop() {
          goesOn = false;
          await reading;
          client.destroy();
        },
      };
    },
    async disconnect() {
      await reader?.stop();
      reader = undefined;
    },
    async drain(counts) {
      const waiting = [...counts.keys()].filter((mailbox) => (counts[mailbox] ?? 0) > 0);
      let left = counts.reduce((sum, count) => sum + count, 0);
      while (left > 0)
        await acknowledge(await read(recipient, waiting, []), () => {
          left--;
        });
    },
    usage: () => usageOfGroups([server.pid]),
    async stop() {
      sender.destroy();
      recipient.destroy();
      await server.stop();
    },
  };
}
