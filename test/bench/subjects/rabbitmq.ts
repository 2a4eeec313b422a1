/** RabbitMQ with durable queues, persistent messages and publisher confirms: a queue a mailbox. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "amqplib";
import { numberIn } from "../load/body.ts";
import { Turn } from "../load/turn.ts";
import { freePort } from "../machine/free-port.ts";
import { ServerProcess } from "../machine/server-process.ts";
import { usageOfGroups } from "../machine/usage.ts";
import type { Subject } from "../throughput/subject.ts";
import { installed, versionOf } from "./installed.ts";

/** Messages that a consumer may have unacknowledged: as many as a mailbox's window has. */
const PREFETCH = 64;

export async function startRabbitmq(folder: string): Promise<Subject | undefined> {
  // The first is what Debian's wrapper runs, which wants to be the user rabbitmq.
  const command = installed("/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server");
  const epmd = installed("epmd");
  if (command === undefined || epmd === undefined) return undefined;
  await mkdir(folder, { recursive: true });
  const [port, distributionPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, "rabbitmq.conf");
  await writeFile(
    config,
    `listeners.tcp.default = 127.0.0.1:${port}\nlog.console = true\nlog.file = false\n`,
  );
  await writeFile(join(folder, "enabled_plugins"), "[].\n");
  const env = {
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_NODENAME: `bench-${process.pid}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_CONF_ENV_FILE: join(folder, "none"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    // Erlang's name server is ours too: one that it started by itself would stay when all is over.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-start_epmd false",
  };
  const names = await ServerProcess.start({
    command: epmd,
    args: ["-port", String(epmdPort)],
    port: epmdPort,
  });
  const server = await ServerProcess.start({ command, args: [], port, env, cwd: folder }).catch(
    async (error: unknown) => {
      await names.stop();
      throw error;
    },
  );
  const connection = await connect(
    { hostname: "127.0.0.1", port, username: "guest", password: "guest" },
    { noDelay: true },
  );
  connection.on("error", () => undefined);
  const sender = await connection.createConfirmChannel();
  const queue = (mailbox: number) => `mailbox-${mailbox}`;
  let prepared = 0;
  let recipient: Awaited<ReturnType<typeof connection.createChannel>> | undefined;

  async function come(mailboxes: readonly number[], arrived: (number: number) => void): Promise<void> {
    const channel = await connection.createChannel();
    recipient = channel;
    await channel.prefetch(PREFETCH);
    // Delivery tags count on the channel: the last of a turn acknowledges all before it, of whichever queue.
    type Message = Parameters<typeof channel.ack>[0];
    const turn = new Turn<Message>((messages) => {
      const last = messages.at(-1);
      if (last !== undefined) channel.ack(last, true);
    });
    for (const mailbox of mailboxes)
      await channel.consume(queue(mailbox), (message) => {
        if (message === null) return;
        turn.add(message);
        arrived(numberIn(message.content));
      });
  }
  async function go(): Promise<void> {
    // After what was acknowledged in this turn; and a channel's end is confirmed after all that came before it.
    await new Promise((resolve) => setImmediate(resolve));
    await recipient?.close();
    recipient = undefined;
  }

  return {
    name: "RabbitMQ",
    shapes: ["held", "live"],
    settings: [
      `RabbitMQ ${versionOf("dpkg-query", "-W", "rabbitmq-server")}: durable classic queues, persistent messages, publisher confirms`,
      `one connection; prefetch ${PREFETCH} a consumer, one acknowledgement for what came in one turn`,
    ],
    async prepare(mailboxes) {
      for (; prepared < mailboxes; prepared++) await sender.assertQueue(queue(prepared), { durable: true });
    },
    deposit: (mailbox, body) =>
      new Promise((resolve, reject) => {
        sender.sendToQueue(queue(mailbox), body, { persistent: true }, (error: unknown) =>
          error ? reject(error) : resolve(),
        );
      }),
    connect: (mailboxes, arrived) => come([...Array(mailboxes).keys()], arrived),
    disconnect: go,
    async drain(counts) {
      let left = counts.reduce((sum, count) => sum + count, 0);
      const { promise: drained, resolve } = Promise.withResolvers<void>();
      await come(
        [...counts.keys()].filter((mailbox) => (counts[mailbox] ?? 0) > 0),
        () => {
          if (--left === 0) resolve();
        },
      );
      await drained;
      await go();
    },
    usage: () => usageOfGroups([server.pid]),
    async stop() {
      await connection.close().catch(() => undefined);
      await server.stop();
      await names.stop();
    },
  };
}
