/** Just enough of edwards25519 (RFC 8032 §5.1) to say which public keys are of the prime-order subgroup. */

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * inverse(121666n));

type Point = readonly [x: bigint, y: bigint, z: bigint];

function mod(value: bigint): bigint {
  return ((value % P) + P) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function inverse(value: bigint): bigint {
  return power(value, P - 2n);
}

/** The complete addition law of a twisted Edwards curve with a = -1, in projective coordinates. */
function add([x1, y1, z1]: Point, [x2, y2, z2]: Point): Point {
  const a = mod(z1 * z2);
  const b = mod(a * a);
  const c = mod(x1 * x2);
  const d = mod(y1 * y2);
  const e = mod(D * c * d);
  const f = mod(b - e);
  const g = mod(b + e);
  return [mod(a * f * ((x1 + y1) * (x2 + y2) - c - d)), mod(a * g * (d + c)), mod(f * g)];
}

/** RFC 8032 §5.1.3, without the one encoding of x = 0 that has the sign bit set. */
function decompress(octets: Uint8Array): Point | undefined {
  const encoded = BigInt(`0x${Buffer.from(octets).reverse().toString("hex")}`);
  const y = encoded & (2n ** 255n - 1n);
  const sign = encoded >> 255n;
  if (y >= P) return undefined;
  const xx = mod((y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(xx, (P + 3n) / 8n);
  if (mod(x * x) !== xx) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(x * x) !== xx) return undefined;
  if (x === 0n && sign === 1n) return undefined;
  return [(x & 1n) === sign ? x : mod(-x), y, 1n];
}

/** Whether these 32 octets are the canonical encoding of a point of order L: no small part, not the identity. */
export function isPrimeOrderPoint(octets: Uint8Array): boolean {
  const point = decompress(octets);
  if (point === undefined) return false;
  const [x, y] = point;
  if (x === 0n && y === 1n) return false;
  let sum: Point = [0n, 1n, 1n];
  let doubled: Point = point;
  for (let left = L; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, doubled);
    doubled = add(doubled, doubled);
  }
  return sum[0] === 0n && sum[1] === sum[2];
}
