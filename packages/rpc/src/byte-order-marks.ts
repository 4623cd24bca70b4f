// Byte order marks at the beginning of texts. msgpackr reads a text of more than 64 bytes with a TextDecoder, which drops a mark: the text
// would lose one each time it is decoded, and servers that have decoded it more often would have another text. So such a text is encoded
// with one mark more.
const mark = '\uFEFF';
const markCode = 0xfeff;
/** msgpackr reads texts of up to this many bytes without a TextDecoder. */
const keptMaxBytes = 64;
const utf8 = new TextEncoder();

/** What is to be encoded so that `value` is decoded: itself, unless a long text in it begins with a byte order mark. */
export function withMarksKept(value: unknown): unknown {
  if (typeof value === 'string') return textWithMarkKept(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return isChanged(value) ? value.map(withMarksKept) : value;
  const fields = Object.entries(value).flat();
  if (!isChanged(fields)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [textWithMarkKept(key), withMarksKept(field)]),
  );
}

function isChanged(values: readonly unknown[]): boolean {
  return values.some((value) => withMarksKept(value) !== value);
}

function textWithMarkKept(text: string): string {
  const isDecodedWithoutMark = text.charCodeAt(0) === markCode && utf8.encode(text).length > keptMaxBytes;
  return isDecodedWithoutMark ? `${mark}${text}` : text;
}
