// Your Raft. It compiles, and fails the first test with "expected one leader, got none". README.md describes the next steps,
// up to `npm run simulate`, which finds the mistakes that the tests let pass.
import {
  bind,
  makeService,
  valueCodec,
  valueMethod,
  type ApplyMsg,
  type Make,
  type PeerEnvironment,
  type RaftHandle,
  type Service,
} from '@raftlab/test-harness/learner';
import { z } from 'zod';

/** One entry of the log. A command may be any value; Raft does not interpret it. */
const logEntry = z.object({ term: z.int(), command: z.unknown() });
type LogEntry = z.infer<typeof logEntry>;

// ---- the messages: Figure 2 and Figure 13 of the paper ----

const requestVote = valueMethod('Raft.RequestVote', {
  args: z.object({
    term: z.int(),
    candidateId: z.int(),
    lastLogIndex: z.int(),
    lastLogTerm: z.int(),
  }),
  reply: z.object({ term: z.int(), voteGranted: z.boolean() }),
});
type RequestVoteArgs = { term: number; candidateId: number; lastLogIndex: number; lastLogTerm: number };
type RequestVoteReply = { term: number; voteGranted: boolean };

const appendEntries = valueMethod('Raft.AppendEntries', {
  args: z.object({
    term: z.int(),
    leaderId: z.int(),
    prevLogIndex: z.int(),
    prevLogTerm: z.int(),
    entries: z.array(logEntry),
    leaderCommit: z.int(),
  }),
  // 3C: a rejection needs more fields, so that the leader can back up quickly.
  reply: z.object({ term: z.int(), success: z.boolean() }),
});

// For 3D: 'Raft.InstallSnapshot', without chunks. Bytes are z.instanceof(Uint8Array).

/** The state that survives a crash: `encode` it for persister.save, `decode` the result of readRaftState. */
const persistentState = valueCodec(
  'persistent state',
  z.object({ currentTerm: z.int(), votedFor: z.int().nullable(), log: z.array(logEntry) }),
);

/** The tester calls this for each server when it starts, and again after each crash. */
export const make: Make = (environment) => new Raft(environment);

class Raft implements RaftHandle {
  readonly #environment: PeerEnvironment;
  #isKilled = false;

  // The state of Figure 2 belongs here: currentTerm, votedFor, log; commitIndex, lastApplied; nextIndex, matchIndex. Element 0
  // of the log is a placeholder: indexes begin at 1.
  #currentTerm = 0;
  #votedFor: number | null = null;
  #log: LogEntry[] = [{ term: 0, command: null }];

  /** The calls that other servers may make. A handler that returns undefined leaves the caller without an answer. */
  readonly service: Service = makeService('Raft', [
    bind(requestVote, (args) => (this.#isKilled ? undefined : this.#onRequestVote(args))),
    bind(appendEntries, ({ term }) => ({ term, success: false })),
  ]);

  /** Must not wait: long-running work continues in the background, as the ticker does. */
  constructor(environment: PeerEnvironment) {
    this.#environment = environment;
    this.#readPersisted(environment.persister.readRaftState());
    void this.#ticker();
  }

  /** The term, and whether this server believes that it is the leader. */
  getState(): { term: number; isLeader: boolean } {
    return { term: this.#currentTerm, isLeader: false };
  }

  /**
   * Appends a command if this server is the leader, and returns at once the index that it will have if it is ever committed. It
   * may never be. Indexes begin at 1.
   */
  start(_command: unknown): { isLeader: boolean; index?: number; term: number } {
    return { isLeader: false, term: this.#currentTerm };
  }

  /** 3D: the service has a snapshot of everything up to `index`; the log up to there can be discarded. */
  snapshot(_index: number, _data: Uint8Array): void {}

  /** The server is switched off. Loops check this flag, and end. */
  kill(): void {
    this.#isKilled = true;
  }

  /** Starts an election when no leader has been heard from for some time. */
  async #ticker(): Promise<void> {
    const { clock, random } = this.#environment;
    while (!this.#isKilled) {
      // 3A: is it time for an election?

      // A different time on every server, so that they do not all become candidates at the same moment.
      await clock.sleep(random.int(50, 350));
    }
  }

  #onRequestVote(_args: RequestVoteArgs): RequestVoteReply {
    return { term: this.#currentTerm, voteGranted: false };
  }

  /** An example of a call. Request or reply may be lost, and a reply may take seconds: the state may have changed by then. */
  async #sendRequestVote(server: number, args: RequestVoteArgs): Promise<RequestVoteReply | undefined> {
    const result = await this.#environment.peers[server]?.call(requestVote, args);
    return result === undefined || !result.ok ? undefined : result.reply;
  }

  /** 3C: call it before any reply that depends on it. The snapshot is saved too, so pass on the current one. */
  #persist(): void {
    const { persister } = this.#environment;
    const state = { currentTerm: this.#currentTerm, votedFor: this.#votedFor, log: this.#log };
    persister.save(persistentState.encode(state), persister.readSnapshot());
  }

  #readPersisted(bytes: Uint8Array): void {
    if (bytes.length === 0) return; // the very first start
    const state = persistentState.decode(bytes);
    this.#currentTerm = state.currentTerm;
    this.#votedFor = state.votedFor;
    this.#log = state.log;
  }

  /** Passes one committed command to the service. Await it before the next one: they must arrive in order. */
  async #applyCommand(commandIndex: number, { term, command }: LogEntry): Promise<void> {
    await this.#apply({ commandValid: true, snapshotValid: false, command, commandIndex, commandTerm: term });
  }

  /** 3D: the same for a snapshot that replaces the state of the service. */
  async #applySnapshot(snapshot: Uint8Array, snapshotIndex: number, snapshotTerm: number): Promise<void> {
    await this.#apply({ commandValid: false, snapshotValid: true, snapshot, snapshotIndex, snapshotTerm });
  }

  async #apply(message: ApplyMsg): Promise<void> {
    if (!this.#isKilled) await this.#environment.applyCh(message);
  }
}
