// The operations of a key/value store.
import { callText, textIfKnown, textOf } from '../call-text.ts';

/** `append` makes a missing key. `compareAndSet` puts if the key has the version; a missing key has version 0. */
export type KeyValueInput =
  | { readonly kind: 'get' | 'delete'; readonly key: string }
  | { readonly kind: 'put' | 'append'; readonly key: string; readonly value: string }
  | {
      readonly kind: 'compareAndSet';
      readonly key: string;
      readonly value: string;
      readonly version: number;
    };

/** What is left out is not known, and not checked. */
export interface KeyValueOutput {
  /** Of a get. */
  readonly value?: string | null | undefined;
  /** Of a get: the version. Of any other operation: the version after it. */
  readonly version?: number | undefined;
  /** Of a compare-and-set: whether the version matched. Of a delete: whether the key was there. */
  readonly applied?: boolean | undefined;
}

/** An operation as text. */
export function describeKeyValueOperation(input: KeyValueInput, output: KeyValueOutput = {}): string {
  const { kind, key } = input;
  const value = 'value' in input ? textOf(input.value) : undefined;
  const expected = kind === 'compareAndSet' ? `version ${input.version}` : undefined;
  const version = output.version === undefined ? undefined : `version ${output.version}`;
  const applied = output.applied === undefined ? undefined : output.applied ? 'applied' : 'not applied';
  return callText(kind, [key, expected, value], [textIfKnown(output.value), version, applied]);
}
