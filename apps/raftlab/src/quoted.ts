// A path as an argument that can be pasted into a shell.

/** In single quotes if the shell would interpret it. */
export function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
