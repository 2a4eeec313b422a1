/** How the command line hands a text over to SMS: to the system's own app by an `sms:` link, or to a program. */
import { spawn } from "node:child_process";
import type { Device } from "../client/device.ts";

/** What opens links, by platform. No shell reads them. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [program: string, ...words: string[]]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};
const OPENER = ["xdg-open"] as const;

/**
 * @param command a program, run without a shell: the number in `RESTANTE_SMS_NUMBER`, the text's id in
 *   `RESTANTE_SMS_ID`, the text on stdin. It must end with 0 once the SMS is on its way, and with anything else if it
 *   is not or may not be. Without one an `sms:` link (RFC 5724) is opened, and the person presses send: number and text
 *   are then on the opener's command line, which others on this machine may see.
 */
export function useSms(device: Device, command: string | undefined): void {
  device.numbers.onSms(({ number, text, id }) => {
    if (command !== undefined)
      return run([command], text, { RESTANTE_SMS_NUMBER: number, RESTANTE_SMS_ID: id });
    return run([...(OPENERS[process.platform] ?? OPENER), smsLink(number, text)], "", {});
  });
}

export function smsLink(number: string, text: string): string {
  return `sms:${number}?body=${encodeURIComponent(text)}`;
}

/** Nothing that is this program's own, the vault's passphrase first of all, is another program's to know. */
function withoutOwn(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^RESTANTE_/i.test(name)));
}

function run(
  [program = "", ...words]: readonly string[],
  input: string,
  variables: Record<string, string>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // What it says is for people: stdout is the result's.
    const child = spawn(program, words, {
      env: { ...withoutOwn(process.env), ...variables },
      stdio: ["pipe", process.stderr, process.stderr],
    });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code ?? "a signal"}`)),
    );
    // A program that needs no text may close its end before it is written.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
