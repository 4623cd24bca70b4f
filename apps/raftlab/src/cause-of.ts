// The cause of a failure: one line that is equal for failures with the same cause, for any seed.

/** Quoted text that is longer than this is a random command. */
const longestName = 20;

/** The first line of the message, with N for numbers and … for random texts. File names and their line numbers are kept. */
export function causeOf({ kind, message }: { readonly kind: string; readonly message: string }): string {
  const [headline = ''] = message.split('\n');
  const cause = headline
    .replaceAll(/"([^"]*)("|…)/g, (quoted, text: string) => (text.length > longestName ? '"…"' : quoted))
    .replaceAll(
      /([\w.-]*\.[cm]?[jt]s(?::\d+)+)|\b[0-9a-f]{8,}\b|\d+(?:\.\d+)*/g,
      (_number, place?: string) => place ?? 'N',
    )
    .replaceAll(/N(, ?N)+/g, 'N, …')
    // Of two votes, either may be the voter's own.
    .replaceAll(/\bfor itself\b/g, 'for server N');
  return `${kind === 'TestFailure' ? '' : `${kind}: `}${cause}`;
}
