// What can be seen from outside of a peer that tells nothing of itself: what it answers to the tester, and what its
// service was handed. A peer that does tell is left alone.
import type { ServerId } from '@raftlab/protocol';
import type { StateChange, Recorder } from '@raftlab/trace';
import type { RaftHandle } from '../implementation.ts';

interface Seen {
  /** It tells by itself. */
  tells: boolean;
  role: StateChange['role'];
  term: number | undefined;
}

export class SampledStates {
  readonly #recorder: Recorder;
  readonly #seen: Seen[] = [];

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  onStart(server: ServerId): void {
    this.#seen[server] = { tells: false, role: undefined, term: undefined };
  }

  onTold(server: ServerId): void {
    this.#of(server).tells = true;
  }

  onApply(server: ServerId, lastApplied: number): void {
    if (!this.#of(server).tells) this.#recorder.record({ kind: 'state', server, lastApplied });
  }

  /** The peer as it is, with its answers noted. */
  watch(server: ServerId, peer: RaftHandle): RaftHandle {
    const noted = <Answer extends { term: number; isLeader: boolean }>(answer: Answer): Answer => {
      this.#onAnswer(server, answer);
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

  /** Who does not lead is shown as a follower: a candidate looks the same from outside. */
  #onAnswer(server: ServerId, { term, isLeader }: { term: number; isLeader: boolean }): void {
    const seen = this.#of(server);
    const role = isLeader ? 'leader' : 'follower';
    if (seen.tells || (seen.role === role && seen.term === term)) return;
    Object.assign(seen, { role, term });
    // What is not a term is for the tester to say.
    if (Number.isSafeInteger(term) && term >= 0) this.#recorder.record({ kind: 'state', server, role, term });
  }

  #of(server: ServerId): Seen {
    return (this.#seen[server] ??= { tells: false, role: undefined, term: undefined });
  }
}
