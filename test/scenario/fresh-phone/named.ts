/** Parts of something as fields, each under its name: `ticket: origin`. Octets are base64url. */
export function named(of: string, parts: object): [name: string, value: string][] {
  return Object.entries(parts).map(([name, value]) => [
    `${of}: ${name}`,
    value instanceof Uint8Array ? base64(value) : String(value),
  ]);
}

export function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString("base64url");
}
