// The fields of a message, short enough for one line: plain values unchanged, lists and bytes as their sizes.
import type { MessageFields } from './trace-event.ts';

/** Longer strings are cut. */
const longestText = 40;

export function fieldsOf(value: unknown): MessageFields {
  if (!isRecord(value)) return { value: shortOf(value) };
  const fields: Record<string, MessageFields[string]> = {};
  for (const name in value) fields[name] = shortOf(value[name]);
  return fields;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

function shortOf(value: unknown): MessageFields[string] {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return cut(value);
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  return cut(textOf(value));
}

function textOf(value: unknown): string {
  try {
    const text: unknown = JSON.stringify(value, (_key, part: unknown) =>
      typeof part === 'bigint' ? String(part) : part,
    );
    return typeof text === 'string' ? text : String(value);
  } catch {
    // A cycle has no text; the codec of the message rejects it.
    return String(value);
  }
}

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text;
}
