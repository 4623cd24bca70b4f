// A key/value store: get, put, append, delete, and compare-and-set by version.
import { textOf } from '../call-text.ts';
import { illegal, type Illegal, type Model } from '../model.ts';
import { scramble } from '../scramble.ts';
import { appendText, areSameText, growingText, rebase, wholeText, type GrowingText } from './growing-text.ts';
import { describeKeyValueOperation, type KeyValueInput, type KeyValueOutput } from './key-value-operation.ts';
import { canReachText } from './reachable-text.ts';

/** A key. */
export interface KeyValueState {
  /** `undefined` when the key is missing. */
  readonly value: GrowingText | undefined;
  /** How many changes made the value, since the key was missing; always 0 in a model without versions. */
  readonly version: number;
}

/** What kind of store it is. */
export interface KeyValueOptions {
  /** What a get of a missing key returns: `null` by default; `''` in MIT's lab. */
  readonly missing?: string | null;
  /**
   * Whether keys have versions; they do by default. Without versions more states are equal, which shortens searches in which
   * operations never returned. An operation that has a version is a `RangeError` then.
   */
  readonly hasVersions?: boolean;
}

const missingKey: KeyValueState = { value: undefined, version: 0 };

/** A store that begins empty, divided by key. Returns a model. */
export function keyValueModel(
  options: KeyValueOptions = {},
): Model<KeyValueState, KeyValueInput, KeyValueOutput> {
  const { missing = null, hasVersions = true } = options;
  return {
    init: missingKey,
    step(state, input, output = {}) {
      if (!hasVersions) refuseVersion(input, output);
      const next = execute(state, input, { output, missing });
      if (next === illegal) return illegal;
      const version = hasVersions ? next.version : 0;
      if (output.version !== undefined && output.version !== version) return illegal;
      return version === next.version ? next : { value: next.value, version };
    },
    equal: areEqual,
    hash: ({ value, version }) => (value?.hash ?? 0) ^ scramble(version),
    partition: ({ key }) => key,
    isReadOnly: ({ kind }, output) => kind === 'get' || output?.applied === false,
    canBecomeLegal(state, { input, output = {} }, others) {
      const { value, version } = output;
      const canBeDeleted = (): boolean => others().some(({ kind }) => kind === 'delete');
      if (input.kind !== 'get') return true;
      if (version !== undefined && version < state.version && !canBeDeleted()) return false;
      if (value === undefined) return true;
      if (value === missing && (state.value === undefined || canBeDeleted())) return true;
      return value !== null && canReachText(state.value, value, others);
    },
    describe: describeKeyValueOperation,
    describeState({ value, version }) {
      const text = value === undefined ? 'missing' : textOf(wholeText(value));
      return hasVersions ? `${text}, version ${version}` : text;
    },
  };
}

function execute(
  state: KeyValueState,
  input: KeyValueInput,
  { output, missing }: { output: KeyValueOutput; missing: string | null },
): KeyValueState | Illegal {
  const { value, version } = state;
  const { applied } = output;
  switch (input.kind) {
    case 'get':
      return read(state, output, missing);
    case 'put':
      return { value: growingText(input.value), version: version + 1 };
    case 'append': {
      const appended = value === undefined ? growingText(input.value) : appendText(value, input.value);
      return { value: appended, version: version + 1 };
    }
    case 'delete':
      return applied === undefined || applied === (value !== undefined) ? missingKey : illegal;
    case 'compareAndSet': {
      const matches = version === input.version;
      if (applied !== undefined && applied !== matches) return illegal;
      return matches ? { value: growingText(input.value), version: version + 1 } : { value, version };
    }
  }
}

function read(
  state: KeyValueState,
  { value }: KeyValueOutput,
  missing: string | null,
): KeyValueState | Illegal {
  if (value === undefined) return state;
  if (state.value === undefined) return value === missing ? state : illegal;
  const same = value === null ? undefined : rebase(state.value, value);
  return same === undefined ? illegal : { value: same, version: state.version };
}

function refuseVersion({ kind, key }: KeyValueInput, { version }: KeyValueOutput): void {
  if (kind !== 'compareAndSet' && version === undefined) return;
  const found = kind === 'compareAndSet' ? 'a compare-and-set' : `version ${version}`;
  throw new RangeError(
    `An operation on key ${JSON.stringify(key)} has ${found}, and the key/value model has no versions. ` +
      'Make the model with hasVersions: true.',
  );
}

function areEqual(one: KeyValueState, other: KeyValueState): boolean {
  if (one.version !== other.version) return false;
  if (one.value === undefined || other.value === undefined) return one.value === other.value;
  return areSameText(one.value, other.value);
}
