// Histories that are linearizable by construction: concurrent clients of a simulated object that executes each operation at one
// moment between its call and its return. For tests of models and checkers, and for measurements.
import type { Operation } from './history.ts';
import type { SequentialObject } from './sequential-objects.ts';

export {
  keyValueObject,
  listObject,
  registerObject,
  type KeyValueObjectOptions,
  type SequentialObject,
} from './sequential-objects.ts';

/** The source of chance; a `Random` of `@raftlab/runtime` is one. */
export interface Draws {
  /** An integer, uniform in [min, max]. */
  int(min: number, max: number): number;
}

/** What the clients do. */
export interface SyntheticOptions<Input> {
  /** Each client has one operation at a time. */
  readonly clientCount: number;
  readonly operationCount: number;
  readonly draws: Draws;
  /** The input of operation `id`; ids count from 0. */
  readonly inputOf: (id: number, client: number) => Input;
  /** Of a thousand operations so many never return. Half of these take effect. 0 by default. */
  readonly lostPerMille?: number;
}

/** The longest that an operation takes, in ms. */
const durationMaxMs = 20;
/** The longest that a client waits before its next operation, in ms. */
const pauseMaxMs = 5;

interface Attempt<Input> {
  readonly id: number;
  readonly client: number;
  readonly input: Input;
  readonly callAt: number;
  readonly effectAt: number;
  readonly returnAt: number;
  readonly fate: 'returns' | 'effect only' | 'nothing';
}

/** The operations of all clients in the order in which they take effect, with times in whole ms. */
export function syntheticHistory<Input, Output>(
  object: SequentialObject<Input, Output>,
  options: SyntheticOptions<Input>,
): Array<Operation<Input, Output>> {
  return attemptsOf(options).map(({ id, client, input, callAt, returnAt, fate }) => {
    const call = { id, client, input, callAt };
    if (fate === 'nothing') return call;
    const output = object.execute(input);
    return fate === 'returns' ? { ...call, output, returnAt } : call;
  });
}

function attemptsOf<Input>(options: SyntheticOptions<Input>): Array<Attempt<Input>> {
  const { clientCount, operationCount, draws, inputOf, lostPerMille = 0 } = options;
  const freeAt = Array.from({ length: clientCount }, () => 0);
  const attempts = Array.from({ length: operationCount }, (_, id): Attempt<Input> => {
    const client = id % clientCount;
    const callAt = (freeAt[client] ?? 0) + draws.int(0, pauseMaxMs);
    const returnAt = callAt + draws.int(0, durationMaxMs);
    const effectAt = draws.int(callAt, returnAt);
    freeAt[client] = returnAt + 1;
    const isLost = draws.int(1, 1000) <= lostPerMille;
    const fate = !isLost ? 'returns' : draws.int(0, 1) === 0 ? 'effect only' : 'nothing';
    return { id, client, input: inputOf(id, client), callAt, effectAt, returnAt, fate };
  });
  return attempts.toSorted((a, b) => a.effectAt - b.effectAt);
}
