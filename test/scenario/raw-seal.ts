/** Contents that no client would send, sealed by the channel room on a channel that is there. */
import { parseCard } from "../../src/client/card.ts";
import type { Content } from "../../src/client/channel/content.ts";
import { seal } from "../../src/client/channel/sealing.ts";
import type { Device } from "../../src/client/device.ts";
import { readIdentity } from "../../src/client/identity.ts";
import type { Vault } from "../../src/client/vault/vault.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { MAX_TTL_SECONDS } from "../../src/protocol/limits.ts";
import { pathOf, ROUTES } from "../../src/protocol/routes.ts";

/** Seals as the device that `vault` holds, and deposits. */
export async function sealRaw(vault: Vault, to: Device, content: Content): Promise<void> {
  const { address: recipient, deliveryToken, relay } = parseCard(to.card());
  const address = parseAddress(recipient);
  if (address === undefined) throw new Error("no address");
  const now = Date.now();
  const sealed = await vault.transaction((draft) =>
    seal(draft, readIdentity(vault), address, content, { now, ttlSeconds: MAX_TTL_SECONDS }),
  );
  if (sealed.outcome !== "sealed") throw new Error(sealed.outcome);
  for (const { bytes, ttlSeconds } of sealed.envelopes) {
    const response = await fetch(relay + pathOf(ROUTES.deposits, { address: recipient }), {
      method: "POST",
      headers: {
        authorization: `Bearer ${deliveryToken}`,
        ttl: String(ttlSeconds),
        "content-type": "application/octet-stream",
      },
      body: new Uint8Array(bytes),
    });
    if (response.status !== 201) throw new Error(`not taken: ${await response.text()}`);
  }
}
