/**
 * For a relay on one's own machine: the code appears in its terminal. The one line in the relay's logs that holds a
 * code; of the number it holds the last two digits, so that two people at one terminal know whose it is. As a warning,
 * for `npm start` shows nothing below: there requests are listed, and their paths.
 */
import type { CodeSender } from "./sender.ts";

export const consoleSender: CodeSender = {
  async send(number, code) {
    console.warn(`One-time code for the number that ends in ${number.slice(-2)}: ${code}`);
    return {};
  },
};
