/**
 * The relay with one more call, `POST /bench/mailboxes/{address}`: opens that mailbox as a grant does, without the
 * record in D1, which bare workerd does not have, and answers its delivery token. For thousands of mailboxes: a consent
 * each would take minutes. Built as a Worker of its own, and gone before anything is measured.
 */
import { parseAddress } from "../../../src/protocol/address.ts";
import { currentNotice } from "../../../src/relay/consent/notice.ts";
import relay from "../../../src/relay/index.ts";
import { mailboxOf } from "../../../src/relay/mailbox/stub.ts";
import { mintDeliveryToken } from "../../../src/relay/secrets/delivery-token.ts";

export * from "../../../src/relay/index.ts";

const CONSENT_ID = "AAAAAAAAAAAAAAAAAAAAAA";

export default {
  async fetch(request, env, ctx) {
    const text = /^\/bench\/mailboxes\/(.+)$/.exec(new URL(request.url).pathname)?.[1];
    if (text === undefined) return relay.fetch(request, env, ctx);
    const address = parseAddress(text);
    const mailbox = address && mailboxOf(env, address);
    if (address === undefined || mailbox === undefined) return new Response(null, { status: 400 });
    const opened = await mailbox.open({
      ...{ consentId: CONSENT_ID, address: address.text, nonce: 1, introductions: false },
      noticeVersion: currentNotice(env).version,
    });
    if (!("epoch" in opened)) return new Response(opened.outcome, { status: 409 });
    const confirmed = await mailbox.confirm(CONSENT_ID, false);
    if (confirmed.outcome !== "confirmed") return new Response(confirmed.outcome, { status: 409 });
    return Response.json({ deliveryToken: await mintDeliveryToken(env, address.text, opened.epoch) });
  },
} satisfies ExportedHandler<Env>;
