// The result of every check of this package: a list of violations, which may be empty.

export interface Offence {
  /** The place: a path from the root, with a line if there is one. */
  readonly place: string;
  readonly found: string;
  readonly rule: string;
  readonly remedy: string;
}

/** One line for each offence, for a failing test to show. */
export function describeAll(offences: readonly Offence[]): string[] {
  return offences.map(
    ({ place, found, rule, remedy }) => `${place}: ${found}. Rule: ${rule} Remedy: ${remedy}`,
  );
}
