/**
 * The network that a client calls from, as far as one customer of a provider has it to himself: an IPv4 address, or
 * the /64 of an IPv6 address, of which a single host may use every one (RFC 4291 §2.5.4).
 */
const GROUPS = 8;
const NETWORK_GROUPS = 4;
const MAPPED = /^::ffff:([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)$/i;

/** @param address as the platform names it; any other text stands for itself */
export function clientNetwork(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = tail === undefined ? 0 : Math.max(0, GROUPS - before.length - after.length);
  const all = [...before, ...Array<string>(zeros).fill("0"), ...after];
  return `${all.slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/** An IPv4 ending (RFC 4291 §2.2.3) lies behind the network: only how much room it takes matters. */
function groups(text: string): string[] {
  if (text === "") return [];
  return text
    .split(":")
    .flatMap((group) => (group.includes(".") ? ["0", "0"] : [group.replace(/^0+(?=.)/, "")]));
}
