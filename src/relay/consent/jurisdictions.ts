/** The jurisdictions in which this relay may hold a mailbox, besides nowhere in particular. */
export function configuredJurisdictions(env: Env): string[] {
  return env.JURISDICTIONS.split(" ").filter((name) => name !== "");
}

/** Whether a mailbox may be held there. Empty, for nowhere in particular, always may. */
export function isAvailable(env: Env, jurisdiction: string): boolean {
  return jurisdiction === "" || configuredJurisdictions(env).includes(jurisdiction);
}
