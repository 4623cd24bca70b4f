// The transfer of leadership of one peer, between its caller and its core.
import type { Input } from './core/inputs.ts';
import type { Outputs, TransferEnd } from './core/outputs.ts';
import type { Counters } from './counters.ts';
import { assert } from '@raftlab/runtime/assert';

/** What `transferLeadership` resolves to. */
export type TransferResult =
  /** This server no longer leads: it follows a later term. */
  | { readonly ok: true }
  | {
      readonly ok: false;
      /**
       * not-leader: this server does not lead. no-target: there is no other voter. gave-up: no other server led within an election
       * timeout, and this one leads on. transferring: an earlier transfer is under way. killed, stopped and loading as in `start`.
       */
      readonly reason:
        | Exclude<TransferEnd, 'stepped-down'>
        | 'transferring'
        | 'killed'
        | 'stopped'
        | 'loading';
    };

/** At most one transfer at a time. */
export class Transfers {
  readonly #counters: Pick<Counters, 'onTransfer'>;
  #resolve: ((result: TransferResult) => void) | undefined;

  constructor(counters: Pick<Counters, 'onTransfer'>) {
    this.#counters = counters;
  }

  /** Begins a transfer by calling `begin`; resolves when it has ended. */
  begin(begin: () => void): Promise<TransferResult> {
    if (this.#resolve !== undefined) return Promise.resolve({ ok: false, reason: 'transferring' });
    return new Promise((resolve) => {
      assert(this.#resolve === undefined, 'one transfer at a time');
      this.#resolve = resolve;
      begin();
    });
  }

  /** The core has made a step, which may begin or end a transfer. */
  onStep(input: Input, { transferEnded }: Pick<Outputs, 'transferEnded'>): void {
    const begins = input.kind === 'transfer' && transferEnded === undefined;
    assert(!begins || this.#resolve !== undefined, 'a transfer begins for no caller');
    if (begins) this.#counters.onTransfer('started');
    if (transferEnded === 'stepped-down') this.#counters.onTransfer('completed');
    if (transferEnded === 'gave-up') this.#counters.onTransfer('givenUp');
    if (transferEnded !== undefined) this.end(transferEnded);
  }

  /** The transfer has ended, or the peer has. Does nothing when none is under way. */
  end(end: TransferEnd | 'killed' | 'stopped'): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    assert(end !== 'stepped-down' || resolve !== undefined, 'a transfer ended that had not begun');
    resolve?.(end === 'stepped-down' ? { ok: true } : { ok: false, reason: end });
  }
}
