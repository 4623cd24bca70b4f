// What a message says, short enough for a line: plain values as they are, lists and bytes as their sizes.
import type { MessageFields } from '@raftlab/protocol';

/** Longer strings are cut. */
const longestText = 40;

export function fieldsOf(value: unknown): MessageFields {
  if (typeof value !== 'object' || value === null) return { value: shortOf(value) };
  const fields: Record<string, string | number | boolean | null> = {};
  for (const name in value) fields[name] = shortOf(Reflect.get(value, name));
  return fields;
}

function shortOf(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'string') return cut(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  return cut(
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? String(part) : part)),
  );
}

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text;
}
