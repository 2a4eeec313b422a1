const LOOPBACK = /^(localhost|127\.[0-9.]+|\[::1\])$/;

/** @param hostname of a URL: then it is in its one spelling (WHATWG URL, "host serializing") */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}
