// What the service accepts as a key or a value.

/** Throws a RangeError unless it is well-formed text of at most `lengthMax` UTF-16 code units. `name` is for the message. */
export function checkText(name: string, text: unknown, lengthMax: number): void {
  if (typeof text !== 'string') throw new RangeError(`${name} must be a string, got ${typeof text}.`);
  if (text.length > lengthMax)
    throw new RangeError(`${name} must have at most ${lengthMax} UTF-16 code units, got ${text.length}.`);
  // Half of a surrogate pair has no encoding in UTF-8: another text would be stored.
  if (/\p{Surrogate}/u.test(text))
    throw new RangeError(
      `${name} contains half of a surrogate pair, which cannot be stored; send bytes as base64.`,
    );
}
