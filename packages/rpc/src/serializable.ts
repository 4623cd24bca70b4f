// Which values can be sent to another process or stored, and where in a value the first part is that cannot. Without this
// check a function would vanish and a class instance would arrive as a plain object.
import { assert } from '@raftlab/runtime/assert';

/** A place in a value: property names and array offsets, outermost first. Empty for the value itself. */
export type ValuePath = readonly (string | number)[];

/** A part of a value that cannot be serialized. */
export interface Unserializable {
  readonly path: ValuePath;
  /** What was found there, e.g. `a function`. */
  readonly reason: string;
}

/**
 * Values nested more than this many levels deep cannot be serialized: they are either a mistake or an attack on the decoder's
 * stack.
 */
export const nestingLevelMax = 100;

const loneSurrogate = /[\uD800-\uDFFF]/u;
/** TextDecoder removes it from the start of a text. */
const byteOrderMark = '\uFEFF';

/**
 * Returns the first part of `value` that cannot be serialized, or undefined when all of it can.
 *
 * Serializable are: null, undefined, booleans, numbers (-0 arrives as 0), well-formed strings that do not start with a byte
 * order mark, Uint8Arrays, arrays without holes, and plain objects, nested at most 100 levels deep and without cycles. An
 * object that is reachable by two paths arrives as two objects. Never throws.
 */
export function findUnserializable(value: unknown): Unserializable | undefined {
  const path: (string | number)[] = [];
  const ancestors: object[] = [];
  const reason = search(value, path, ancestors);
  if (reason !== undefined) return { path, reason };
  assert(
    path.length === 0 && ancestors.length === 0,
    () => `the search ended inside, at ${formatPath(path)}`,
  );
  return undefined;
}

/** Returns what is wrong and leaves `path` at it; or returns undefined and leaves `path` unchanged. */
function search(value: unknown, path: (string | number)[], ancestors: object[]): string | undefined {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
      return undefined;
    case 'string':
      return searchString(value);
    case 'bigint':
      return 'a bigint (send it as a string)';
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      break;
  }
  if (value === null) return undefined;
  if (value instanceof Uint8Array) return undefined;
  if (ancestors.includes(value)) return 'a cycle: the value contains itself';
  if (ancestors.length >= nestingLevelMax) return `nested more than ${nestingLevelMax} levels deep`;
  ancestors.push(value);
  const reason = Array.isArray(value)
    ? searchArray(value, path, ancestors)
    : searchObject(value, path, ancestors);
  ancestors.pop();
  return reason;
}

function searchString(text: string): string | undefined {
  if (loneSurrogate.test(text)) return 'a string with half a surrogate pair';
  return text.startsWith(byteOrderMark) ? 'a string that begins with a byte order mark' : undefined;
}

function searchArray(items: unknown[], path: (string | number)[], ancestors: object[]): string | undefined {
  if (Object.getPrototypeOf(items) !== Array.prototype) return instanceReason(items);
  for (let offset = 0; offset < items.length; offset += 1) {
    path.push(offset);
    const reason = offset in items ? search(items[offset], path, ancestors) : 'a hole in an array';
    if (reason !== undefined) return reason;
    path.pop();
  }
  if (Object.keys(items).length !== items.length) return 'an array with properties of its own';
  return undefined;
}

function searchObject(value: object, path: (string | number)[], ancestors: object[]): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return instanceReason(value);
  }
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'symbol') return `a property named by a symbol, ${String(key)}`;
    path.push(key);
    if (key === '__proto__') return 'a property named __proto__';
    const nameReason = searchString(key);
    if (nameReason !== undefined) return `a property whose name is ${nameReason}`;
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (property === undefined || !('value' in property)) return 'a getter or setter';
    if (property.enumerable !== true) return 'a hidden (non-enumerable) property';
    const reason = search(property.value, path, ancestors);
    if (reason !== undefined) return reason;
    path.pop();
  }
  return undefined;
}

function instanceReason(value: object): string {
  return `an instance of ${value.constructor?.name || 'a class without a name'}`;
}

/** Formats a path for an error message, e.g. `entries[3].command`. The empty path is `the value itself`. */
export function formatPath(path: ValuePath): string {
  if (path.length === 0) return 'the value itself';
  return path.map((step, depth) => formatStep(step, depth === 0)).join('');
}

function formatStep(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(step)) return `[${JSON.stringify(step)}]`;
  return isFirst ? step : `.${step}`;
}
