// A register: read, write, compare-and-set by value.
import { callText, textIfKnown, textOf } from '../call-text.ts';
import { illegal, type Model } from '../model.ts';

/** What a register can have. */
export type RegisterValue = string | number | boolean | null;

/** `key` names the register when there are several; each begins with the same value. */
export type RegisterInput =
  | { readonly kind: 'read'; readonly key?: string | undefined }
  | { readonly kind: 'write'; readonly key?: string | undefined; readonly value: RegisterValue }
  | {
      readonly kind: 'compareAndSet';
      readonly key?: string | undefined;
      readonly from: RegisterValue;
      readonly to: RegisterValue;
    };

/** What is not given is not known. */
export interface RegisterOutput {
  /** Of a read. */
  readonly value?: RegisterValue | undefined;
  /** Of a compare-and-set: whether the register had the value `from`. */
  readonly applied?: boolean | undefined;
}

/** Registers that begin with `init`, `null` by default. */
export function registerModel(
  init: RegisterValue = null,
): Model<RegisterValue, RegisterInput, RegisterOutput> {
  return {
    init,
    step(state, input, output) {
      switch (input.kind) {
        case 'read':
          return output?.value === undefined || output.value === state ? state : illegal;
        case 'write':
          return input.value;
        case 'compareAndSet': {
          const applies = state === input.from;
          if (output?.applied !== undefined && output.applied !== applies) return illegal;
          return applies ? input.to : state;
        }
      }
    },
    key: (state) => state,
    partition: ({ key }) => key,
    isReadOnly: ({ kind }, output) => kind === 'read' || output?.applied === false,
    canBecomeLegal(state, { input, output }, others) {
      const value = output?.value;
      if (input.kind !== 'read' || value === undefined || value === state) return true;
      return others().some((other) => {
        return other.kind === 'write' ? other.value === value : 'to' in other && other.to === value;
      });
    },
    describe: describeOperation,
    describeState: textOf,
  };
}

function describeOperation(input: RegisterInput, output: RegisterOutput = {}): string {
  switch (input.kind) {
    case 'read':
      return callText('read', [input.key], [textIfKnown(output.value)]);
    case 'write':
      return callText('write', [input.key, textOf(input.value)], []);
    case 'compareAndSet': {
      const { key, from, to } = input;
      const applied = output.applied === undefined ? undefined : output.applied ? 'applied' : 'not applied';
      return callText('compareAndSet', [key, textOf(from), textOf(to)], [applied]);
    }
  }
}
