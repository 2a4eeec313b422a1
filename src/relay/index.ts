import { DurableObject } from "cloudflare:workers";
export class Mailbox extends DurableObject<Env> {}
export default {
  fetch() {
    return new Response("ok");
  },
};
