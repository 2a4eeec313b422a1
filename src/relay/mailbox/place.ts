/** Where a mailbox without a jurisdiction is made: near the device that opens it, as the platform guesses its place. */

/** Degrees of longitude that part what the platform's hints part, and a continent's name does not. */
const WEST_OF_NORTH_AMERICA = -100;
const EAST_OF_EUROPE = 15;
const MIDDLE_EAST_ENDS = 60;

/**
 * Which of the platform's regions is nearest.
 *
 * @param cf of the request, as far as the platform fills it in
 * @returns undefined when it does not say: the mailbox is then made near whatever runs this
 */
export function nearest(cf: object | undefined): DurableObjectLocationHint | undefined {
  const { continent, longitude: degrees } = (cf ?? {}) as { continent?: unknown; longitude?: unknown };
  const longitude = Number(degrees ?? Number.NaN);
  switch (continent) {
    case "NA":
      return longitude < WEST_OF_NORTH_AMERICA ? "wnam" : "enam";
    case "SA":
      return "sam";
    case "EU":
      return longitude > EAST_OF_EUROPE ? "eeur" : "weur";
    case "AS":
      return longitude < MIDDLE_EAST_ENDS ? "me" : "apac";
    case "OC":
      return "oc";
    case "AF":
      return "afr";
    default:
      return undefined;
  }
}
