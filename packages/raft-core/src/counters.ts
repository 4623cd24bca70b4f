// The counters of a peer. Counting does not change the peer.
import type { RoleChange } from './core/outputs.ts';
import type { RefusalReason } from './start-result.ts';
import { assert } from '@raftlab/runtime/assert';

/** How often an operation took too long, and its longest duration in ms. */
export interface Delays {
  readonly count: number;
  readonly longestMs: number;
}

/** Transfers of leadership that a peer has begun as leader. Those that neither completed nor were given up are under way, or ended with the peer. */
export interface TransferCounts {
  /** Begun: there was another voter to lead. */
  readonly started: number;
  /** The peer then followed a later term. */
  readonly completed: number;
  /** No other server led within an election timeout, and the peer led on. */
  readonly givenUp: number;
}

/** Counts since the peer was made. Plain data. */
export interface RaftCounters {
  /** How often it became a candidate. */
  readonly electionsStarted: number;
  /** How often it became leader. */
  readonly termsLed: number;
  /** Proposals that `start` refused, by reason. Every reason is present. */
  readonly refusals: Readonly<Record<RefusalReason, number>>;
  /** AppendEntries whose entries were dropped because the service was too far behind. */
  readonly appendsHeldBack: number;
  /** How often the event loop was stalled so long that followers may have received nothing from this peer. */
  readonly stalls: Delays;
  /** Calls of the apply callback that kept the event loop busy for a heartbeat interval or longer. */
  readonly slowCallbacks: Delays;
  /** Followers of this leader that were found to have lost what they had acknowledged. */
  readonly lostLogs: number;
  /** Transfers of leadership from this peer (thesis 3.10). */
  readonly transfers: TransferCounts;
}

const none: Delays = { count: 0, longestMs: 0 };

function plus({ count, longestMs }: Delays, ms: number): Delays {
  assert(ms >= 0, () => `a delay of ${ms} ms`);
  assert(count >= 0 && longestMs >= 0, 'counters do not fall below 0');
  return { count: count + 1, longestMs: Math.max(longestMs, ms) };
}

/** The counters of one peer. */
export class Counters {
  #electionsStarted = 0;
  #termsLed = 0;
  readonly #refusals = new Map<RefusalReason, number>();
  #appendsHeldBack = 0;
  #stalls = none;
  #slowCallbacks = none;
  #lostLogs = 0;
  #transfers: TransferCounts = { started: 0, completed: 0, givenUp: 0 };

  onRoleChange({ role }: RoleChange): void {
    if (role === 'candidate') this.#electionsStarted += 1;
    if (role === 'leader') this.#termsLed += 1;
  }

  onRefusal(reason: RefusalReason): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
  }

  onAppendHeldBack(): void {
    this.#appendsHeldBack += 1;
  }

  onStall(ms: number): void {
    this.#stalls = plus(this.#stalls, ms);
  }

  onSlowCallback(ms: number): void {
    this.#slowCallbacks = plus(this.#slowCallbacks, ms);
  }

  onLostLog(): void {
    this.#lostLogs += 1;
  }

  onTransfer(event: keyof TransferCounts): void {
    this.#transfers = { ...this.#transfers, [event]: this.#transfers[event] + 1 };
    const { started, completed, givenUp } = this.#transfers;
    assert(completed >= 0 && givenUp >= 0, 'counters do not fall below 0');
    assert(completed + givenUp <= started, 'a transfer has ended that had not begun');
  }

  /** The counts at this moment. */
  read(): RaftCounters {
    const count = (reason: RefusalReason): number => this.#refusals.get(reason) ?? 0;
    assert(this.#electionsStarted >= 0 && this.#termsLed >= 0, 'counters do not fall below 0');
    assert(this.#appendsHeldBack >= 0, 'counters do not fall below 0');
    return {
      electionsStarted: this.#electionsStarted,
      termsLed: this.#termsLed,
      refusals: {
        'not-leader': count('not-leader'),
        loading: count('loading'),
        busy: count('busy'),
        transferring: count('transferring'),
        'too-large': count('too-large'),
        killed: count('killed'),
        stopped: count('stopped'),
      },
      appendsHeldBack: this.#appendsHeldBack,
      stalls: this.#stalls,
      slowCallbacks: this.#slowCallbacks,
      lostLogs: this.#lostLogs,
      transfers: this.#transfers,
    };
  }
}
