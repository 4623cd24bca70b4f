// The objects of the models again, as plain programs that execute one operation at a time. They share nothing with the models,
// so that each can be tested against the other.
import type { KeyValueInput, KeyValueOutput } from './models/key-value-operation.ts';
import type { ListElement, ListInput, ListOutput } from './models/list-operation.ts';
import type { RegisterInput, RegisterOutput, RegisterValue } from './models/register.ts';

/** Has a state of its own, which `execute` changes. */
export interface SequentialObject<Input, Output> {
  execute(input: Input): Output;
}

/** Registers that begin with a value, `null` by default. */
export function registerObject(init: RegisterValue = null): SequentialObject<RegisterInput, RegisterOutput> {
  const registers = new Map<string | undefined, RegisterValue>();
  return {
    execute(input) {
      const known = registers.get(input.key);
      const value = known === undefined ? init : known;
      if (input.kind === 'read') return { value };
      if (input.kind === 'write') {
        registers.set(input.key, input.value);
        return {};
      }
      const applied = value === input.from;
      if (applied) registers.set(input.key, input.to);
      return { applied };
    },
  };
}

/** As for the model. */
export interface KeyValueObjectOptions {
  readonly missing?: string | null;
  /** Whether outputs have versions; they do by default. */
  readonly hasVersions?: boolean;
}

/** A store that begins empty. */
export function keyValueObject(
  options: KeyValueObjectOptions = {},
): SequentialObject<KeyValueInput, KeyValueOutput> {
  const { missing = null, hasVersions = true } = options;
  const entries = new Map<string, { value: string; version: number }>();
  const executeOn = (input: KeyValueInput): KeyValueOutput => {
    const { key } = input;
    const entry = entries.get(key);
    const version = (entry?.version ?? 0) + 1;
    switch (input.kind) {
      case 'get':
        return { value: entry?.value ?? missing };
      case 'put':
        entries.set(key, { value: input.value, version });
        return {};
      case 'append':
        entries.set(key, { value: (entry?.value ?? '') + input.value, version });
        return {};
      case 'delete':
        return { applied: entries.delete(key) };
      case 'compareAndSet': {
        const applied = version - 1 === input.version;
        if (applied) entries.set(key, { value: input.value, version });
        return { applied };
      }
    }
  };
  return {
    execute(input) {
      const output = executeOn(input);
      return hasVersions ? { ...output, version: entries.get(input.key)?.version ?? 0 } : output;
    },
  };
}

/** Lists that begin empty. */
export function listObject(): SequentialObject<ListInput, ListOutput> {
  const lists = new Map<string, readonly ListElement[]>();
  return {
    execute(input) {
      const elements = lists.get(input.key) ?? [];
      if (input.kind === 'read') return { elements };
      lists.set(input.key, [...elements, input.element]);
      return {};
    },
  };
}
