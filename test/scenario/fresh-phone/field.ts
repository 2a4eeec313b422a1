/** How a field that leaves a device is described. */

export interface Field {
  readonly form: RegExp;
  readonly what: string;
  /** Columns of the data map, `place.table.column`, in which it stands as it was sent, or packed with others. */
  readonly kept: readonly string[];
  /** Columns in which something stands that is made of it, and what: made.ts shows that it does. */
  readonly made?: Readonly<Record<string, string>>;
  /**
   * `all`: the same for everybody who uses this relay and this program, so that it tells nobody apart. `chosen`: what
   * the person, or the app for them, chose; `unchosen` when they chose nothing.
   */
  readonly same?: "all" | "chosen";
  readonly unchosen?: string;
  /** Somebody else's, which the relay knows from them: that it stands there is not this call's doing. */
  readonly theirs?: true;
}

type Form = [form: RegExp, what: string, ...kept: string[]];

/** One's own, or this call's. */
export function own(...[form, what, ...kept]: Form): Field {
  return { form, what, kept };
}

export function constant(...field: Form): Field {
  return { ...own(...field), same: "all" };
}

export function chosen(unchosen: string, ...field: Form): Field {
  return { ...own(...field), same: "chosen", unchosen };
}

export function theirs(...field: Form): Field {
  return { ...own(...field), theirs: true };
}
