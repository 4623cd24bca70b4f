// The recorded events of a peer that does not report its steps: its results for the tester, and the messages to its service.
// A peer that reports its steps is not recorded here.
import type { ServerObserver } from '@raftlab/invariants';
import type { ServerId } from '@raftlab/protocol';
import type { Recorder, StateChange } from '@raftlab/trace';
import type { RaftHandle } from './lab-peer.ts';

/** One server from a start to a crash, observed from outside. */
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

  /** The same peer, with its results recorded. */
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

  /** A server that does not lead is recorded as a follower: a candidate cannot be distinguished from outside. */
  #onAnswer({ term, isLeader }: { term: number; isLeader: boolean }): void {
    const role = isLeader ? 'leader' : 'follower';
    if (this.#isReporting || (this.#role === role && this.#term === term)) return;
    this.#role = role;
    this.#term = term;
    // A result without a valid term fails the test elsewhere.
    if (!Number.isSafeInteger(term) || term < 0) return;
    this.#recorder.record({ kind: 'state', server: this.#server, role, term });
  }
}
