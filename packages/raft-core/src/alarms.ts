// Detects conditions that reduce availability or use memory without breaking a rule: counts and reports them.
import type { ServerId } from '@raftlab/protocol';
import { isServiceBehind, type Amount } from './admission.ts';
import type { RaftConfig } from './core/config.ts';
import type { LostLog } from './core/outputs.ts';
import type { Role } from './core/state.ts';
import type { Counters } from './counters.ts';
import {
  lostLogWarning,
  serviceBehindWarning,
  slowCallbackWarning,
  stallWarning,
  type RaftWarning,
} from './warnings.ts';
import { assert } from '@raftlab/runtime/assert';

/** The alarms of one peer. */
export class Alarms {
  readonly #me: ServerId;
  readonly #config: RaftConfig;
  readonly #counters: Counters;
  readonly #warn: (warning: RaftWarning) => void;
  /** Whether the service was reported to be behind, and has not caught up since. */
  #isBehindReported = false;

  constructor(
    { me, config, counters }: { me: ServerId; config: RaftConfig; counters: Counters },
    warn: (warning: RaftWarning) => void,
  ) {
    assert(
      config.electionTimeoutMinMs > config.heartbeatIntervalMs,
      'followers wait longer than a heartbeat interval',
    );
    this.#me = me;
    this.#config = config;
    this.#counters = counters;
    this.#warn = warn;
  }

  /** The timer of this peer fired `lateMs` ms after its time. */
  onHeldUp(role: Role, lateMs: number): void {
    assert(lateMs >= 0, () => `a timer fired ${-lateMs} ms early`);
    const { heartbeatIntervalMs, electionTimeoutMinMs } = this.#config;
    // A leader's last message was sent up to a heartbeat interval before its timer was due: its followers have received none for the
    // minimum election timeout.
    if (lateMs + heartbeatIntervalMs < electionTimeoutMinMs) return;
    this.#counters.onStall(lateMs);
    this.#warn(stallWarning(this.#me, role, lateMs));
  }

  /** The service kept the event loop busy for `heldMs` ms. */
  onSlowCallback(heldMs: number): void {
    assert(heldMs >= 0, () => `a callback took ${heldMs} ms`);
    this.#counters.onSlowCallback(heldMs);
    this.#warn(slowCallbackWarning(this.#me, heldMs));
  }

  /** A follower has lost what it had acknowledged. */
  onLostLog(lost: LostLog): void {
    this.#counters.onLostLog();
    this.#warn(lostLogWarning(this.#me, lost));
  }

  /** This much waits for the service now. */
  onWaiting(waiting: Amount): void {
    assert(waiting.entries >= 0 && waiting.bytes >= 0, 'a negative amount waits for the service');
    if (isServiceBehind(waiting, this.#config)) {
      if (!this.#isBehindReported) this.#warn(serviceBehindWarning(this.#me, waiting));
      this.#isBehindReported = true;
    } else if (!isServiceBehind({ entries: waiting.entries * 2, bytes: waiting.bytes * 2 }, this.#config)) {
      this.#isBehindReported = false;
    }
  }
}
