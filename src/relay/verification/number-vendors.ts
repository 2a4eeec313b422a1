import type { NoticeAnswer } from "../../protocol/answers.ts";

const VENDOR = /^(.+), ([A-Z]{2})$/;

/**
 * Who sees a number when a code is sent to it, as the operator states it beside the notice. The operator must: which
 * company is behind a sender, and in which country, no program can know.
 *
 * @throws Error when numbers would go to somebody whom the notice does not name
 */
export function numberVendors({ SMS_SENDER, SMS_VENDORS }: Env): NoticeAnswer["numberVendors"] {
  const entries = SMS_VENDORS.split(";").map((entry) => entry.trim());
  const vendors = entries.filter((entry) => entry !== "").map(readVendor);
  if (vendors.length === 0 && SMS_SENDER !== "console")
    throw new Error("SMS_VENDORS: whoever SMS_SENDER hands numbers to must be named");
  return vendors;
}

function readVendor(entry: string): { name: string; country: string } {
  const [, name, country] = VENDOR.exec(entry) ?? [];
  if (name === undefined || country === undefined)
    throw new Error('SMS_VENDORS: "Name, CC" expected, or several separated by semicolons');
  return { name, country };
}
