// What a recorded run can show of a peer that reports nothing of itself: its answers to the tester, and what its service was
// handed. A peer that does report its steps is left alone.
import type { ServerObserver } from '@raftlab/invariants';
import type { ServerId } from '@raftlab/protocol';
import type { Recorder, StateChange } from '@raftlab/trace';
import type { RaftHandle } from '../../lab-peer.ts';

/** One life of one server, seen from outside. */
export class OutsideView {
  readonly #recorder: Recorder;
  readonly #server: ServerId;
  /** The peer reports its own steps. */
  #isReporting = false;
  #role: StateChange['role'];
  #term: number | undefined;

  constructor(recorder: Recorder, server: ServerId) {
    this.#recorder = recorder;
    this.#server = server;
  }

  /** The same observer; its first report ends this view. */
  watchObserver(observer: ServerObserver): ServerObserver {
    return {
      ...observer,
      onBegin: (state) => {
        this.#isReporting = true;
        observer.onBegin?.(state);
      },
    };
  }

  /** The same peer; its answers are recorded. */
  watchPeer(peer: RaftHandle): RaftHandle {
    const noted = <Answer extends { term: number; isLeader: boolean }>(answer: Answer): Answer => {
      this.#onAnswer(answer);
      return answer;
    };
    return {
      service: peer.service,
      start: (command) => noted(peer.start(command)),
      getState: () => noted(peer.getState()),
      snapshot: (index, data) => peer.snapshot(index, data),
      kill: () => peer.kill(),
    };
  }

  onApply(lastApplied: number): void {
    if (!this.#isReporting) this.#recorder.record({ kind: 'state', server: this.#server, lastApplied });
  }

  /** A server that does not lead is recorded as a follower: a candidate looks the same from outside. */
  #onAnswer({ term, isLeader }: { term: number; isLeader: boolean }): void {
    const role = isLeader ? 'leader' : 'follower';
    if (this.#isReporting || (this.#role === role && this.#term === term)) return;
    this.#role = role;
    this.#term = term;
    // An answer without a valid term fails the test elsewhere.
    if (!Number.isSafeInteger(term) || term < 0) return;
    this.#recorder.record({ kind: 'state', server: this.#server, role, term });
  }
}
