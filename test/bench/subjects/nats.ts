/** NATS JetStream on disk: one stream of which what is acknowledged is deleted, a subject and a consumer a mailbox. */
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  AckPolicy,
  type ConsumerMessages,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { numberIn } from "../load/body.ts";
import { inFlight } from "../load/in-flight.ts";
import { freePort } from "../machine/free-port.ts";
import { ServerProcess } from "../machine/server-process.ts";
import { usageOfGroups } from "../machine/usage.ts";
import type { Subject } from "../throughput/subject.ts";
import { installed, versionOf } from "./installed.ts";

const STREAM = "MAILBOXES";
const CONSUMED_AT_ONCE = 32;

export async function startNats(folder: string): Promise<Subject | undefined> {
  const command = installed("nats-server");
  if (command === undefined) return undefined;
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const config = join(folder, "nats.conf");
  const write = (sync: string) =>
    writeFile(config, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}"${sync} }\n`);
  await write(', sync_interval: "always"');
  // Servers before 2.10 don't know it, and sync every two minutes.
  const syncs = spawnSync(command, ["-c", config, "-t"]).status === 0;
  if (!syncs) await write("");
  const server = await ServerProcess.start({ command, args: ["-c", config], port });
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const recipientConnection = await connect({ servers: `127.0.0.1:${port}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({
    ...{ name: STREAM, subjects: ["mailbox.*"], storage: StorageType.File },
    retention: RetentionPolicy.Workqueue,
  });
  const sender = jetstream(connection);
  const recipients = jetstream(recipientConnection);
  let prepared = 0;
  let consuming: ConsumerMessages[] = [];

  async function come(mailbox: number, arrived: (number: number) => void): Promise<ConsumerMessages> {
    const consumer = await recipients.consumers.get(STREAM, `device-${mailbox}`);
    return consumer.consume({
      max_messages: 64,
      callback: (message) => {
        message.ack();
        arrived(numberIn(message.data));
      },
    });
  }
  /** The server has read all acknowledgements when it answers what came after them. */
  async function go(messages: readonly ConsumerMessages[]): Promise<void> {
    for (const each of messages) each.stop();
    await recipientConnection.flush();
  }

  return {
    name: "NATS JetStream",
    shapes: ["held", "live"],
    settings: [
      `nats-server ${versionOf(command, "--version")}: file storage, work queue, ${
        syncs ? "sync_interval always" : "synced every two minutes (this version can't sync each message)"
      }`,
      "a durable consumer a mailbox, explicit acknowledgements; one connection for senders, one for recipients",
    ],
    async prepare(mailboxes) {
      for (; prepared < mailboxes; prepared++)
        await manager.consumers.add(STREAM, {
          ...{ durable_name: `device-${prepared}`, filter_subject: `mailbox.${prepared}` },
          ...{ ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All, max_ack_pending: 64 },
        });
    },
    async deposit(mailbox, body) {
      await sender.publish(`mailbox.${mailbox}`, body);
    },
    async connect(mailboxes, arrived) {
      await inFlight(CONSUMED_AT_ONCE, Array(mailboxes).keys(), async (mailbox) => {
        consuming.push(await come(mailbox, arrived));
      });
    },
    async disconnect() {
      const messages = consuming;
      consuming = [];
      await go(messages);
    },
    async drain(counts) {
      await inFlight(CONSUMED_AT_ONCE, counts.entries(), async ([mailbox, count]) => {
        if (count === 0) return;
        let left = count;
        const { promise: drained, resolve } = Promise.withResolvers<void>();
        const messages = await come(mailbox, () => {
          if (--left === 0) resolve();
        });
        await drained;
        messages.stop();
      });
      await go([]);
    },
    usage: () => usageOfGroups([server.pid]),
    async stop() {
      await recipientConnection.close();
      await connection.close();
      await server.stop();
    },
  };
}
