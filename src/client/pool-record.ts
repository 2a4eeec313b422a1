/** When the pool was last published: vault entry, JSON, ms since 1970. Absent: whatever the relay serves is void. */
export const POOL_MADE = "device/pool-made";
/**
 * Pools that were sent to the relay and that it has not answered for: vault entry, JSON, oldest first, of each the
 * ids of its keys.
 */
export const POOLS_UNANSWERED = "device/pools-unanswered";
