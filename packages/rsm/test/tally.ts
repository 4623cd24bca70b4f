// The service of these tests: it adds numbers, and counts how often it did.
import { valueCodec, type Codec } from '@raftlab/rpc';
import { ReplicatedStateMachine, type QueryableMachine, type ReplicatedOptions } from '@raftlab/rsm';
import { VirtualClock } from '@raftlab/runtime';
import { z } from 'zod';
import { ManualPeer } from './manual-peer.ts';

export const numberCodec: Codec<number> = valueCodec('number', z.number());

const stateCodec = valueCodec('tally', z.tuple([z.number(), z.number()]));

export class Tally implements QueryableMachine<number, number, 'sum' | 'count' | 'fault', number> {
  sum = 0;
  count = 0;

  apply(term: number): number {
    this.sum += term;
    this.count += 1;
    return this.sum;
  }

  query(query: 'sum' | 'count' | 'fault'): number {
    if (query === 'fault') throw new RangeError('no such query');
    return this[query];
  }

  snapshot(): Uint8Array {
    return stateCodec.encode([this.sum, this.count]);
  }

  restore(snapshot: Uint8Array): void {
    [this.sum, this.count] = stateCodec.decode(snapshot);
  }
}

export type ReplicatedTally = ReplicatedStateMachine<number, number, 'sum' | 'count' | 'fault', number>;

export interface Fixture {
  readonly tally: Tally;
  readonly rsm: ReplicatedTally;
  readonly peer: ManualPeer;
  readonly clock: VirtualClock;
}

type Options = Partial<ReplicatedOptions<number, number, 'sum' | 'count' | 'fault', number>>;

/** A replicated tally on a peer that the test moves by hand. */
export function replicatedTally(options: Options = {}, applied = 0): Fixture {
  const tally = new Tally();
  const clock = new VirtualClock();
  const made: { peer?: ManualPeer } = {};
  const rsm = new ReplicatedStateMachine({
    machine: tally,
    commandCodec: numberCodec,
    resultCodec: numberCodec,
    clock,
    makePeer: (applyCh) => (made.peer = new ManualPeer(applyCh, applied)),
    ...options,
  });
  if (made.peer === undefined) throw new Error('no peer was made');
  return { tally, rsm, peer: made.peer, clock };
}
