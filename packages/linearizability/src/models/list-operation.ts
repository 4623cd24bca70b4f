// The operations of the list-append workload.
import { callText, textIfKnown, textOf } from '../call-text.ts';

/** What lists contain. */
export type ListElement = string | number;

/** A missing list is empty. */
export type ListInput =
  | { readonly kind: 'read'; readonly key: string }
  | { readonly kind: 'append'; readonly key: string; readonly element: ListElement };

/** What is not given is not known. */
export interface ListOutput {
  /** Of a read. */
  readonly elements?: readonly ListElement[] | undefined;
}

/** An operation as text. */
export function describeListOperation(input: ListInput, output: ListOutput | undefined): string {
  if (input.kind === 'read') return callText('read', [input.key], [textIfKnown(output?.elements)]);
  return callText('append', [input.key, textOf(input.element)], []);
}
