// Operations and states as text, for reports.

/** Characters of a value that are shown. */
const shownCharacters = 60;

/** A value as JSON; a long one without its middle, because what was appended last is at its end. */
export function textOf(value: unknown): string {
  const text = JSON.stringify(value, (_key, part: unknown) => {
    return typeof part === 'bigint' ? `${part}n` : part;
  });
  if (text === undefined) return String(value); // undefined, a function, a symbol
  if (text.length <= shownCharacters) return text;
  return `${text.slice(0, shownCharacters / 2)}…${text.slice(-shownCharacters / 2)}`;
}

/** The same of a value that may not be known: then there is no text. */
export function textIfKnown(value: unknown): string | undefined {
  return value === undefined ? undefined : textOf(value);
}

/** `name(argument, argument) → result, result`. Parts that are `undefined` are left out. */
export function callText(
  name: string,
  args: ReadonlyArray<string | undefined>,
  results: ReadonlyArray<string | undefined>,
): string {
  const join = (parts: ReadonlyArray<string | undefined>): string =>
    parts.filter((part) => part !== undefined).join(', ');
  const result = join(results);
  return `${name}(${join(args)})${result === '' ? '' : ` → ${result}`}`;
}
