// A Raft that is known only from outside has broken a rule.

/** The message has what was observed, with servers, indexes and terms. */
export class OutsideViolation extends Error {
  override readonly name: string = 'OutsideViolation';
  /** The violated property. */
  readonly property: string;

  constructor(property: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.property = property;
  }
}
