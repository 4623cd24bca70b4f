// A peer whose log the test moves by hand: it decides what is committed, in which term, and who leads.
import type { ApplyBytes, Peer, PeerReadIndex, PeerStart } from '@raftlab/rsm';

export class ManualPeer implements Peer {
  readonly #applyCh: ApplyBytes;
  /** Entries that are not applied, from `applied` + 1 on. */
  readonly #waiting: { term: number; command: Uint8Array }[] = [];
  #applied = 0;
  term = 1;
  isLeader = true;
  leader: number | null = null;
  refusal: string | undefined;
  isKilled = false;
  isStopped = false;
  readonly snapshots: { index: number; data: Uint8Array }[] = [];
  isStoringSnapshot = false;

  constructor(applyCh: ApplyBytes, applied = 0) {
    this.#applyCh = applyCh;
    this.#applied = applied;
  }

  start(command: Uint8Array): PeerStart {
    if (this.refusal !== undefined) return { isLeader: false, term: this.term, reason: this.refusal };
    if (!this.isLeader) return { isLeader: false, term: this.term, reason: 'not-leader' };
    this.#waiting.push({ term: this.term, command });
    return { isLeader: true, term: this.term, index: this.#applied + this.#waiting.length };
  }

  getState(): { term: number; isLeader: boolean } {
    return { term: this.term, isLeader: this.isLeader };
  }

  snapshot(index: number, data: Uint8Array): void {
    this.snapshots.push({ index, data });
  }

  kill(): void {
    this.isKilled = true;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }

  status(): { leaderId: number | null } {
    return { leaderId: this.leader };
  }

  /** Applies what waits. */
  commit(): void {
    for (const { term, command } of this.#waiting.splice(0)) this.applyCommand(command, term);
  }

  /** Another leader's log replaces what waits. */
  forget(): void {
    this.#waiting.length = 0;
  }

  applyCommand(command: Uint8Array, term: number): void {
    this.#applied += 1;
    void this.#applyCh({
      commandValid: true,
      snapshotValid: false,
      command,
      commandIndex: this.#applied,
      commandTerm: term,
    });
  }

  applyNoop(term: number): void {
    this.#applied += 1;
    void this.#applyCh({
      commandValid: false,
      snapshotValid: false,
      noopIndex: this.#applied,
      noopTerm: term,
    });
  }

  installSnapshot(
    snapshot: Uint8Array,
    { index, term }: { index: number; term: number },
  ): void | Promise<void> {
    this.#applied = index;
    this.#waiting.length = 0;
    return this.#applyCh({
      commandValid: false,
      snapshotValid: true,
      snapshot,
      snapshotIndex: index,
      snapshotTerm: term,
    });
  }
}

/** A peer that confirms its leadership for reads, when the test says so. */
export class ConfirmingPeer extends ManualPeer {
  /** The questions without an answer, and whether each avoids leases. */
  readonly questions: {
    readonly avoidsLease: boolean;
    readonly answer: (confirmed: PeerReadIndex) => void;
  }[] = [];

  readIndex({ avoidsLease }: { readonly avoidsLease: boolean }): Promise<PeerReadIndex> {
    return new Promise((answer) => this.questions.push({ avoidsLease, answer }));
  }

  /** Answers all questions. */
  confirm(confirmed: PeerReadIndex): void {
    for (const { answer } of this.questions.splice(0)) answer(confirmed);
  }

  override kill(): void {
    super.kill();
    this.confirm({ ok: false, reason: 'killed' });
  }
}
