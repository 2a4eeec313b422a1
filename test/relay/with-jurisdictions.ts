/**
 * This relay on a platform that has jurisdictions. Local workerd has none: here the objects of one are those whose
 * names begin with it, so that they are other objects than those of the same name elsewhere. All else is the real thing.
 */

/**
 * This relay on a platform that has jurisdictions. Local workerd has none: here the objects of one are those whose
 * names begin with it, so that they are other objects than those of the same name elsewhere. All else is the real thing.
 */
import relay, { Mailbox as RealMailbox } from "../../src/relay/index.ts";

function withJurisdictions(namespace: Env["MAILBOX"]): Env["MAILBOX"] {
  const within = (jurisdiction: string) => ({
    idFromName: (name: string) => namespace.idFromName(`${jurisdiction}/${name}`),
    get: (id: DurableObjectId) => namespace.get(id),
  });
  const here = {
    idFromName: (name: string) => namespace.idFromName(name),
    get: (id: DurableObjectId, options?: DurableObjectNamespaceGetDurableObjectOptions) =>
      namespace.get(id, options),
  };
  return { ...here, jurisdiction: within } as unknown as Env["MAILBOX"];
}

const there = (env: Env): Env => ({ ...env, MAILBOX: withJurisdictions(env.MAILBOX) });

export * from "../../src/relay/index.ts";
export class Mailbox extends RealMailbox {
  constructor(context: DurableObjectState, env: Env) {
    super(context, there(env));
  }
}

export default {
  fetch: (request, env, context) => relay.fetch(request, there(env), context),
  scheduled: (event, env) => relay.scheduled(event, there(env)),
} satisfies ExportedHandler<Env>;
