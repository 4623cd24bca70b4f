// What an implementation under test prints by itself, in this thread or another. It must neither end up inside a document on
// standard output nor tear the live view apart.

/**
 * Until the returned function is called, `take` gets what anybody writes to `stream`, in whole lines. Whoever is to write there
 * all the same needs the stream's `write` of before.
 */
export function divertLines(stream: NodeJS.WritableStream, take: (lines: string) => void): () => void {
  const original: unknown = Reflect.get(stream, 'write');
  let unfinished = '';
  const write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    unfinished += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const end = unfinished.lastIndexOf('\n') + 1;
    if (end > 0) take(unfinished.slice(0, end));
    unfinished = unfinished.slice(end);
    const whenWritten = rest.at(-1);
    if (typeof whenWritten === 'function') whenWritten();
    return true;
  };
  stream.write = write;
  return () => {
    Reflect.set(stream, 'write', original);
    if (unfinished !== '') take(`${unfinished}\n`);
  };
}
