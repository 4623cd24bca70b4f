// A path as an argument that can be pasted into a shell.

/** In single quotes where the shell would not take it literally. */
export function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
