/**
 * Secrets that a relay may do without; wrangler generates the types of those that it requires. What needs one of
 * these is not offered without it.
 */
interface OptionalSecrets {
  /** Keys of the number directory, newest first: voprf/keys.ts. */
  readonly DIRECTORY_KEYS?: string;
  /** Keys of introductions, newest first: voprf/keys.ts. */
  readonly INTRODUCTION_KEYS?: string;
}

interface Env extends OptionalSecrets {}

declare namespace Cloudflare {
  interface Env extends OptionalSecrets {}
}
