// The operations of the key/value service: what changes it, what reads it, and what comes back.
import { isCount, isText, quickCodec, type Codec } from '@raftlab/rpc';
import { assert } from '@raftlab/runtime/assert';
import { z } from 'zod';

/** The longest key, in UTF-16 code units. */
export const keyLengthMax = 4096;
/** The longest value, in UTF-16 code units: an append beyond it is not applied. */
export const valueLengthMax = 16_777_216;
/** The most pairs that one range returns. */
export const rangeLimitMax = 1000;

const key: z.ZodString = z.string().max(keyLengthMax);
const value: z.ZodString = z.string().max(valueLengthMax);
const version: z.ZodInt = z.int().min(0);

/** The form of `KeyValueCommand`. */
export const commandSchema: z.ZodType<KeyValueCommand> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('put'), key, value }),
  z.strictObject({ kind: z.literal('append'), key, value }),
  z.strictObject({ kind: z.literal('delete'), key }),
  z.strictObject({ kind: z.literal('compareAndSet'), key, value, version }),
]);

/**
 * What changes the store. `append` to a missing key makes it; `compareAndSet` puts if the key has this version, and version 0
 * means that the key is missing.
 */
export type KeyValueCommand =
  | { readonly kind: 'put' | 'append'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string }
  | {
      readonly kind: 'compareAndSet';
      readonly key: string;
      readonly value: string;
      readonly version: number;
    };

/** The form of `KeyValueResult`. */
export const resultSchema: z.ZodType<KeyValueResult> = z.strictObject({ applied: z.boolean(), version });

/** What a command has done. */
export interface KeyValueResult {
  /**
   * Whether the key was changed. False for a compare-and-set of another version, a delete of a missing key, and an append that
   * would exceed `valueLengthMax`.
   */
  readonly applied: boolean;
  /** The version of the key afterwards; 0 when it is missing. */
  readonly version: number;
}

/** The form of `KeyValueQuery`. */
export const querySchema: z.ZodType<KeyValueQuery> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('get'), key }),
  z.strictObject({
    kind: z.literal('range'),
    prefix: key,
    limit: z.int().min(1).max(rangeLimitMax),
    after: key.optional(),
  }),
]);

/**
 * What reads the store. A range returns the first `limit` keys that begin with the prefix, in the order of their code units: from
 * the first key behind `after` on, if it is set.
 */
export type KeyValueQuery =
  | { readonly kind: 'get'; readonly key: string }
  | {
      readonly kind: 'range';
      readonly prefix: string;
      readonly limit: number;
      readonly after?: string | undefined;
    };

/** A key that is there. */
export interface KeyValuePair {
  readonly key: string;
  readonly value: string;
  /** How many changes have made the value since the key was missing; 1 or more. */
  readonly version: number;
}

/** The form of `KeyValueAnswer`. */
export const answerSchema: z.ZodType<KeyValueAnswer> = z.strictObject({
  pairs: z.array(z.strictObject({ key, value, version: version.min(1) })),
  hasMore: z.boolean(),
});

/** What a query has found: of a get no pair or one. */
export interface KeyValueAnswer {
  readonly pairs: readonly KeyValuePair[];
  /** Whether a range has more keys than its limit. */
  readonly hasMore: boolean;
}

/** A command as a tuple of the number of the kind, the key, and what else the kind has. */
export function commandTuple(command: KeyValueCommand): unknown[] {
  switch (command.kind) {
    case 'put':
      return [0, command.key, command.value];
    case 'append':
      return [1, command.key, command.value];
    case 'delete':
      return [2, command.key];
    case 'compareAndSet':
      return [3, command.key, command.value, command.version];
  }
}

/** The command of a tuple, unchecked; undefined when the tuple has the wrong length. */
export function uncheckedCommand([kind, name, ...rest]: readonly unknown[]): unknown {
  if (kind === 2) return rest.length === 0 ? { kind: 'delete', key: name } : undefined;
  if (kind === 3 && rest.length === 2)
    return { kind: 'compareAndSet', key: name, value: rest[0], version: rest[1] };
  if (rest.length !== 1) return undefined;
  if (kind === 0) return { kind: 'put', key: name, value: rest[0] };
  return kind === 1 ? { kind: 'append', key: name, value: rest[0] } : undefined;
}

/** The command of a tuple from `at` on; undefined when the schema would reject it. */
export function quickCommand(tuple: readonly unknown[], at: number): KeyValueCommand | undefined {
  const kind = tuple[at];
  const name = tuple[at + 1];
  const text = tuple[at + 2];
  if (!isText(name, keyLengthMax)) return undefined;
  const restLength = tuple.length - at - 2;
  assert(restLength >= 0, 'a tuple with a key has a kind before it');
  if (kind === 2) return restLength === 0 ? { kind: 'delete', key: name } : undefined;
  if (!isText(text, valueLengthMax)) return undefined;
  if (kind === 3) {
    const expected = tuple[at + 3];
    if (restLength !== 2 || !isCount(expected, 0)) return undefined;
    return { kind: 'compareAndSet', key: name, value: text, version: expected };
  }
  if (restLength !== 1) return undefined;
  if (kind === 0) return { kind: 'put', key: name, value: text };
  return kind === 1 ? { kind: 'append', key: name, value: text } : undefined;
}

/** Commands as bytes, for the log. */
export const commandCodec: Codec<KeyValueCommand> = quickCodec('KeyValueCommand', commandSchema, {
  toTuple: commandTuple,
  fromTuple: uncheckedCommand,
  quick: (tuple) => quickCommand(tuple, 0),
});

/** Results as bytes, for the session table. */
export const resultCodec: Codec<KeyValueResult> = quickCodec('KeyValueResult', resultSchema, {
  toTuple: ({ applied, version: after }) => [applied, after],
  fromTuple: (tuple) => (tuple.length === 2 ? { applied: tuple[0], version: tuple[1] } : undefined),
  quick: ([applied, after, ...rest]) =>
    typeof applied === 'boolean' && isCount(after, 0) && rest.length === 0
      ? { applied, version: after }
      : undefined,
});
