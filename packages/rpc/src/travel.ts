// Which values may cross the network, and which may be a command. Refusing early, with the path, is the point: a
// function or a cycle would otherwise vanish or arrive as something else.

/** Where in a value something was found: property names and array offsets, outermost first. */
export type ValuePath = readonly (string | number)[];

/** Nesting deeper than this is refused: it is a cycle in disguise or an attack on the decoder's stack. */
export const maxDepth = 100;

const loneSurrogate = /[\uD800-\uDFFF]/u;
/** TextDecoder drops it from the front of a text, so it would be lost on the way. */
const byteOrderMark = '\uFEFF';

/**
 * The first thing in `value` that cannot travel, or undefined when all of it can. Travelling are null, undefined,
 * booleans, numbers (-0 arrives as 0), well-formed strings (without a byte order mark in front), Uint8Arrays, arrays without
 * holes, and plain objects of these.
 */
export function findUntravellable(value: unknown): { path: ValuePath; reason: string } | undefined {
  const path: (string | number)[] = [];
  const reason = search(value, path, []);
  return reason === undefined ? undefined : { path, reason };
}

// Leaves `path` at the culprit when it returns a reason.
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
  if (ancestors.length >= maxDepth) return `nested more than ${maxDepth} levels deep`;
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

/** `entries[3].command`, for error messages; the whole value is called `the value itself`. */
export function formatPath(path: ValuePath): string {
  if (path.length === 0) return 'the value itself';
  return path.map((step, depth) => formatStep(step, depth === 0)).join('');
}

function formatStep(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(step)) return `[${JSON.stringify(step)}]`;
  return isFirst ? step : `.${step}`;
}
