/** Paths, in the one spelling that client and Worker share. `:name` stands for one path segment. */
export const ROUTES = {
  health: "/v1/health",
  problems: "/v1/problems",
  notice: "/v1/notice",
  dataMap: "/v1/data-map",
  keySet: "/.well-known/jwks.json",
  consents: "/v1/consents",
  currentConsent: "/v1/consents/current",
  withdrawals: "/v1/withdrawals",
  ownEvents: "/v1/consents/events",
  receipt: "/v1/receipts/:consentId",
  consentEvents: "/v1/receipts/:consentId/events",
  ledgerHeads: "/v1/ledger/heads",
  deposits: "/v1/mailboxes/:address/messages",
  revocableDeposit: "/v1/mailboxes/:address/messages/:key",
  depositSocket: "/v1/deposits",
  keyClaims: "/v1/mailboxes/:address/one-time-keys/claims",
  introductions: "/v1/introductions",
  mailbox: "/v1/mailbox",
  messages: "/v1/mailbox/messages",
  socket: "/v1/mailbox/socket",
  oneTimeKeys: "/v1/mailbox/one-time-keys",
  deliveryToken: "/v1/mailbox/delivery-token",
  nonce: "/v1/mailbox/nonce",
  held: "/v1/mailbox/held",
  directory: "/v1/directory",
  directoryBucket: "/v1/directory/:version/:prefix",
  evaluations: "/v1/directory/evaluations",
  route: "/v1/directory/route",
  verifications: "/v1/verifications",
  verification: "/v1/verifications/:id",
} as const;

type Parameters<Route extends string> = Route extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Parameters<`/${Rest}`>
  : Route extends `${string}:${infer Name}`
    ? Name
    : never;

/** Fills a route's parameters in. They are base64url, which needs no escaping in a path. */
export function pathOf<Route extends string>(
  route: Route,
  values: Record<Parameters<Route>, string>,
): string {
  return route.replace(/:([A-Za-z]+)/g, (_, name: Parameters<Route>) => encodeURIComponent(values[name]));
}
