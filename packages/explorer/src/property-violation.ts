// What a check of the explorer throws.

/** A property does not hold after the present transition. */
export class PropertyViolation extends Error {
  override readonly name: string = 'PropertyViolation';
  readonly property: string;

  constructor(property: string, message: string) {
    super(message);
    this.property = property;
  }
}

/** Throws a PropertyViolation unless the condition is true. The message is computed only then. */
export function expectProperty(
  property: string,
  condition: boolean,
  message: () => string,
): asserts condition {
  if (!condition) throw new PropertyViolation(property, message());
}
