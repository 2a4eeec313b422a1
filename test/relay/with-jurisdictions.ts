/**
 * This relay on a platform that has jurisdictions. Local workerd has none: here the objects of one are those whose
 * names begin with it, so that they are other objects than those of the same name elsewhere. Which were asked for, and
 * where they shall be made, is logged, a line each. All else is the real thing.
 */
import relay, { Mailbox as RealMailbox } from "../../src/relay/index.ts";

function withJurisdictions(binding: string, namespace: DurableObjectNamespace): DurableObjectNamespace {
  const within = (jurisdiction: string) => ({
    idFromName: (name: string) =>
      namespace.idFromName(jurisdiction === "" ? name : `${jurisdiction}/${name}`),
    get(id: DurableObjectId, options?: DurableObjectNamespaceGetDurableObjectOptions) {
      const hint = options?.locationHint ?? "none";
      console.log(`asked for ${binding}, jurisdiction ${jurisdiction || "none"}, hint ${hint}`);
      return namespace.get(id, options);
    },
  });
  return { ...within(""), jurisdiction: within } as unknown as DurableObjectNamespace;
}

function there(env: Env): Env {
  const of = <Namespace>(binding: string, namespace: Namespace) =>
    withJurisdictions(binding, namespace as DurableObjectNamespace) as Namespace;
  return {
    ...env,
    MAILBOX: of("MAILBOX", env.MAILBOX),
    ONE_TIME_CODE: of("ONE_TIME_CODE", env.ONE_TIME_CODE),
  };
}

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
