/** When the pool was last published: vault entry, JSON, ms since 1970. Absent: whatever the relay serves is void. */
export const POOL_MADE = "device/pool-made";
