// The service of these tests: it adds numbers, and counts how often it did.
import { valueCodec, type Codec } from '@raftlab/rpc';
import {
  ReplicatedStateMachine,
  type ApplyBytes,
  type OnLeadership,
  type QueryableMachine,
  type ReplicatedOptions,
} from '@raftlab/rsm';
import { VirtualClock } from '@raftlab/runtime';
import { z } from 'zod';
import { ConfirmingPeer, ManualPeer } from './manual-peer.ts';

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

export interface Fixture<P extends ManualPeer = ManualPeer> {
  readonly tally: Tally;
  readonly rsm: ReplicatedTally;
  readonly peer: P;
  readonly clock: VirtualClock;
  /** Reports the leadership as a peer does that reports it. */
  readonly onLeadership: OnLeadership;
}

type Options = Partial<ReplicatedOptions<number, number, 'sum' | 'count' | 'fault', number>>;

/** A replicated tally on a peer that the test moves by hand. */
export function replicatedTally(options: Options = {}, applied = 0): Fixture {
  return tallyOn((applyCh) => new ManualPeer(applyCh, applied), options);
}

/** The same on a peer that has `readIndex`. */
export function confirmingTally(options: Options = {}, applied = 0): Fixture<ConfirmingPeer> {
  return tallyOn((applyCh) => new ConfirmingPeer(applyCh, applied), options);
}

function tallyOn<P extends ManualPeer>(makePeer: (applyCh: ApplyBytes) => P, options: Options): Fixture<P> {
  const tally = new Tally();
  const clock = new VirtualClock();
  const made: { peer?: P; onLeadership?: OnLeadership } = {};
  const rsm = new ReplicatedStateMachine({
    machine: tally,
    commandCodec: numberCodec,
    resultCodec: numberCodec,
    clock,
    makePeer(applyCh, onLeadership) {
      made.onLeadership = onLeadership;
      return (made.peer = makePeer(applyCh));
    },
    ...options,
  });
  const { peer, onLeadership } = made;
  if (peer === undefined || onLeadership === undefined) throw new Error('no peer was made');
  return { tally, rsm, peer, clock, onLeadership };
}
