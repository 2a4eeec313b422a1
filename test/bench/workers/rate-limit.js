// What stands for the platform's rate limiter on bare workerd: a counter in memory for each key and minute. The
// platform's is local to the machine too. It is asked for every request and never refuses: the load is one client.
const PERIOD = 60_000;

export default function rateLimit() {
  let began = 0;
  let counts = new Map();
  return {
    async limit({ key }) {
      const now = Date.now();
      if (now - began > PERIOD) {
        began = now;
        counts = new Map();
      }
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: true };
    },
  };
}
