import { describe, expect, it } from "vitest";
import { refusal } from "./numbered.ts";
import { CamaraOperator } from "./senders/camara.ts";
import { itSendsCodes } from "./senders/sending.ts";
import { TwilioVerify } from "./senders/twilio.ts";
import type { Vendor } from "./senders/vendor.ts";
import { WebhookService } from "./senders/webhook.ts";

/** A vendor that checks codes itself, and cannot just now. */
function itAsksAgain(vendor: Vendor, { fresh, agreeing }: ReturnType<typeof itSendsCodes>) {
  it("that cannot check a code just now is asked again", async () => {
    const [device, number] = [await agreeing(), fresh()];
    const { id } = await device.started(number);
    vendor.fail({ status: 500 });
    expect(await refusal(device.answer(id, number, vendor.code(number)))).toEqual([503, "unavailable"]);
    await device.verified(id, number, vendor.code(number));
  });
}

describe("a service of the operator's own, by signed webhook,", () => {
  itSendsCodes(new WebhookService());
});

describe("Twilio Verify", () => {
  const vendor = new TwilioVerify();
  const stage = itSendsCodes(vendor);
  itAsksAgain(vendor, stage);

  it("sends two devices of one number the same code, which verifies the first that answers", async () => {
    const [one, two, number] = [await stage.agreeing(), await stage.agreeing(), stage.fresh()];
    const [first, second] = [await one.started(number), await two.started(number)];
    await one.verified(first.id, number, vendor.code(number));
    expect(await refusal(two.answer(second.id, number, vendor.code(number)))).toEqual([
      404,
      "no-verification",
    ]);
  });
});

describe("an operator, by CAMARA One-Time-Password SMS,", () => {
  const vendor = new CamaraOperator();
  const stage = itSendsCodes(vendor);
  itAsksAgain(vendor, stage);

  it("ends the code of one device by the next one's, which verifies", async () => {
    const [one, two, number] = [await stage.agreeing(), await stage.agreeing(), stage.fresh()];
    const first = await one.started(number);
    const old = vendor.code(number);
    const second = await two.started(number);
    expect(await refusal(one.answer(first.id, number, old))).toEqual([404, "no-verification"]);
    await two.verified(second.id, number, vendor.code(number));
  });
});
