import { InvalidArgumentError } from "commander";

/** A jurisdiction's code on the command line. */
export function readJurisdiction(text: string): string {
  if (!/^[a-z]{2,8}$/.test(text)) throw new InvalidArgumentError("Give 2 to 8 small letters, such as eu.");
  return text;
}
