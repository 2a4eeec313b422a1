/** protocol.md, "Conventions": base64url without padding, unused trailing bits zero. */

export function toBase64url(octets: Uint8Array): string {
  return Buffer.from(octets).toString("base64url");
}

/** The octets, or undefined for anything but the canonical form. */
export function fromBase64url(text: string): Uint8Array | undefined {
  const octets = Uint8Array.from(Buffer.from(text, "base64url"));
  return toBase64url(octets) === text ? octets : undefined;
}
