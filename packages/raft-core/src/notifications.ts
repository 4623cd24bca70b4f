// Tells a service what has changed in its peer: after the turn, so that the service may call the peer, and each change once.
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';
import type { Clock } from '@raftlab/runtime';
import type { RaftState, Role } from './core/state.ts';
import { assert } from '@raftlab/runtime/assert';

/** What a server is, as far as services need it. */
export interface Standing {
  readonly role: Role;
  readonly term: Term;
  /** The leader of the term, as far as it is known: the server itself, or the one that it follows. */
  readonly leaderId: ServerId | undefined;
}

/**
 * Callbacks of a service, so that it need not poll. They are called after the turn that brought the change, never from within a
 * call of the peer. What changes twice in a turn is reported once, as it is then. One that throws stops the peer.
 */
export interface RaftListener {
  /** The role, the term or the known leader has changed. */
  onStanding?(standing: Standing): void;
  /** The service has taken everything up to this index. */
  onApplied?(index: LogIndex): void;
}

/** The standing that a state shows. */
export function standingOf({ me, currentTerm: term, standing }: RaftState): Standing {
  assert(Number.isSafeInteger(term) && term >= 0, () => `currentTerm ${term} is no term`);
  switch (standing.role) {
    case 'leader':
      return { role: 'leader', term, leaderId: me };
    case 'candidate':
      return { role: 'candidate', term, leaderId: undefined };
    case 'follower':
      return { role: 'follower', term, leaderId: standing.leaderId };
  }
}

/** Collects the changes of a turn for one listener. */
export class Notifier {
  readonly #listener: RaftListener;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  #told: Standing = { role: 'follower', term: 0, leaderId: undefined };
  #state: RaftState | undefined;
  #toldApplied: LogIndex = 0;
  #applied: LogIndex = 0;
  #isDeferred = false;
  #isClosed = false;

  constructor(listener: RaftListener, clock: Clock, onFailure: (error: unknown) => void) {
    this.#listener = listener;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** The state after a step. */
  look(state: RaftState): void {
    assert(state.currentTerm >= this.#told.term, () => `term ${state.currentTerm} after ${this.#told.term}`);
    assert(this.#state === undefined || this.#state.me === state.me, 'a notifier has one server');
    this.#state = state;
    if (this.#listener.onStanding !== undefined && this.#hasChanged(state)) this.#defer();
  }

  /** The service has taken everything up to `index`. */
  applied(index: LogIndex): void {
    assert(index >= this.#applied, () => `the service has taken ${index} after ${this.#applied}`);
    this.#applied = index;
    if (this.#listener.onApplied !== undefined) this.#defer();
  }

  /** Calls nothing from now on. */
  close(): void {
    this.#isClosed = true;
  }

  // Compared field by field: this runs after every step, and makes nothing for those that change nothing.
  #hasChanged({ me, currentTerm, standing }: RaftState): boolean {
    const { role, term, leaderId } = this.#told;
    if (currentTerm !== term || standing.role !== role) return true;
    if (standing.role === 'follower') return standing.leaderId !== leaderId;
    return standing.role === 'leader' && leaderId !== me;
  }

  #defer(): void {
    if (this.#isDeferred || this.#isClosed) return;
    this.#isDeferred = true;
    this.#clock.defer(() => {
      this.#isDeferred = false;
      if (this.#isClosed) return;
      try {
        this.#tell();
      } catch (error) {
        this.#onFailure(error);
      }
    });
  }

  #tell(): void {
    if (this.#state !== undefined && this.#hasChanged(this.#state)) {
      this.#told = standingOf(this.#state);
      this.#listener.onStanding?.(this.#told);
    }
    // The listener may have ended the peer.
    if (this.#isClosed || this.#applied === this.#toldApplied) return;
    assert(this.#applied > this.#toldApplied, 'each applied index is reported once');
    this.#toldApplied = this.#applied;
    this.#listener.onApplied?.(this.#applied);
  }
}
