import { ascii, join, octet, short } from "./octets.ts";

/** What a device signs: `restante/<kind>/1`, 0x00, then each field with its length before it. */
export function statement(kind: string, ...fields: Uint8Array[]): Uint8Array {
  return join(
    ascii(`restante/${kind}/1`),
    octet(0),
    ...fields.flatMap((field) => [short(field.length), field]),
  );
}
