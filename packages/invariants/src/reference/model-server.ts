// One server of the model: the rules of Figure 2 and Figure 13, as the paper states them, on plain sets. Written from the
// paper alone; it shares only the types of messages with raft-core, and computes majorities itself.
import {
  CommandEntry,
  senderTermOf,
  type AppendEntriesArgs,
  type InstallSnapshotArgs,
  type LogIndex,
  type Membership,
  type PreVoteArgs,
  type RequestVoteArgs,
  type ServerId,
  type Term,
  type Message,
} from '@raftlab/protocol';
import { modelEntry, type ModelDisk, type ModelLog } from './model-log.ts';

/** The required reply to a request. */
export type ExpectedReply =
  | {
      readonly kind: 'requestVoteReply' | 'preVoteReply';
      readonly term: Term;
      readonly voteGranted: boolean;
    }
  | { readonly kind: 'confirmLeaderReply'; readonly term: Term; readonly round: number }
  | { readonly kind: 'timeoutNowReply'; readonly term: Term }
  | {
      readonly kind: 'appendEntriesReply';
      readonly term: Term;
      readonly matchIndex: LogIndex | undefined;
      readonly round: number;
    }
  | {
      readonly kind: 'installSnapshotReply';
      readonly term: Term;
      readonly matchIndex: LogIndex;
      readonly lastIncludedIndex: LogIndex;
      readonly offset: number;
      readonly round: number;
    };

/** The chunks of one snapshot of one leader. */
interface PartialSnapshot {
  readonly term: Term;
  readonly lastIncludedIndex: LogIndex;
  readonly chunks: InstallSnapshotArgs[];
}

export class ModelServer {
  readonly me: ServerId;
  readonly voters: ReadonlySet<ServerId>;
  currentTerm: Term;
  votedFor: ServerId | null;
  readonly log: ModelLog;
  commitIndex: LogIndex;
  lastApplied: LogIndex;
  role: 'follower' | 'candidate' | 'leader' = 'follower';
  /** As candidate: the servers that granted a vote in this term, without itself. */
  votes: Set<ServerId> = new Set();
  /** Whether it has heard the leader of its term: only then may it withhold its vote. */
  hasLeader = false;
  /** The servers that granted it a pre-vote for the next term, without itself. */
  preVotes: Set<ServerId> = new Set();
  /** As leader. */
  matchIndex: Map<ServerId, LogIndex> = new Map();
  /** The content of every snapshot that it had in this life, by index: a leader may go on sending an old one. */
  readonly snapshots: Map<LogIndex, Uint8Array> = new Map();
  /** The received part of its leader's snapshot. */
  partial: PartialSnapshot | undefined;
  /** Whether it waits with a snapshot that came in several chunks until its storage has stored them: its own choice, so the step decides. */
  isStaging = false;
  /** The first index that the last step changed; undefined if it changed none. */
  changedFrom: LogIndex | undefined;

  /** A server that starts with the content of its storage. */
  constructor(me: ServerId, { voters }: Pick<Membership, 'voters'>, disk: ModelDisk) {
    this.me = me;
    this.voters = voters;
    this.currentTerm = disk.currentTerm;
    this.votedFor = disk.votedFor;
    this.log = disk.log.copy();
    // All entries that a snapshot covers were committed and applied.
    this.commitIndex = this.log.baseIndex;
    this.lastApplied = this.log.baseIndex;
    if (this.log.baseIndex > 0) this.snapshots.set(this.log.baseIndex, disk.snapshotData);
  }

  /** More than half of the voters (§5.2); other members do not count (thesis 4.2.1). */
  #isMajority(servers: Iterable<ServerId>): boolean {
    const counted = new Set(servers);
    const yes = [...this.voters].filter((voter) => counted.has(voter)).length;
    return 2 * yes > this.voters.size;
  }

  /**
   * The required reply; undefined for a reply. Throws an Error if the paper has no such step.
   * `isRefused`: the server refused its vote and stayed in its term. A server that has a leader may always do so (thesis 4.2.3),
   * because the model has no clock.
   */
  hear(from: ServerId, message: Message, isRefused: boolean): ExpectedReply | undefined {
    if (message.kind === 'preVote') return this.#preVote(message.args, isRefused);
    const isForVote = message.kind === 'requestVote' && message.args.isTransfer !== true;
    if (isForVote && isRefused && this.#mayWithhold)
      return { kind: 'requestVoteReply', term: this.currentTerm, voteGranted: false };
    const term = senderTermOf(message);
    const isOld = term !== undefined && term < this.currentTerm;
    // Rules for all servers, 2.
    if (term !== undefined && term > this.currentTerm) this.#enter(term);
    switch (message.kind) {
      case 'preVoteReply':
        if (message.reply.voteGranted && message.reply.term === this.currentTerm + 1) this.preVotes.add(from);
        return undefined;
      case 'requestVote':
        return this.#requestVote(message.args);
      case 'requestVoteReply':
        if (this.role === 'candidate' && term === this.currentTerm && message.reply.voteGranted)
          this.votes.add(from);
        return undefined;
      case 'appendEntries':
        return {
          kind: 'appendEntriesReply',
          term: this.currentTerm,
          matchIndex: this.#append(message.args),
          round: isOld ? 0 : message.args.round,
        };
      case 'appendEntriesReply':
        if (message.reply.success) this.#acknowledged(from, message.reply.term, message.reply.matchIndex);
        return undefined;
      case 'installSnapshot':
        return {
          kind: 'installSnapshotReply',
          term: this.currentTerm,
          lastIncludedIndex: message.args.lastIncludedIndex,
          ...this.#receiveChunk(message.args),
          round: isOld ? 0 : message.args.round,
        };
      case 'confirmLeader': {
        const round = this.#follow(message.args.term) ? message.args.round : 0;
        return { kind: 'confirmLeaderReply', term: this.currentTerm, round };
      }
      case 'timeoutNow':
        // Thesis 3.10: at once, and without pre-votes.
        if (this.#follow(message.args.term) && this.voters.has(this.me)) this.startElection();
        return { kind: 'timeoutNowReply', term: this.currentTerm };
      case 'confirmLeaderReply':
      case 'readIndex':
      case 'readIndexReply':
      case 'timeoutNowReply':
        // When a read is served, and what with, is judged by properties of their own.
        return undefined;
      case 'installSnapshotReply':
        // Before the last chunk it acknowledges nothing: index 0.
        this.#acknowledged(from, message.reply.term, message.reply.matchIndex);
        return undefined;
    }
  }

  #enter(term: Term): void {
    this.currentTerm = term;
    this.votedFor = null;
    this.role = 'follower';
    this.hasLeader = false;
    this.preVotes = new Set();
  }

  get #mayWithhold(): boolean {
    return this.role === 'leader' || this.hasLeader;
  }

  /** Candidates 1: at any time, because the paper does not define when a timer elapses. */
  startElection(): void {
    if (this.role === 'leader') throw new Error('a leader starts an election');
    if (!this.voters.has(this.me)) throw new Error('a learner starts an election');
    this.#enter(this.currentTerm + 1);
    this.votedFor = this.me;
    this.role = 'candidate';
    this.votes = new Set();
  }

  /** Thesis 9.6: a majority would vote for it. */
  startElectionByPreVotes(): void {
    const granted = [...this.preVotes, this.me];
    if (!this.#isMajority(granted)) throw new Error(`it has only the pre-votes of ${granted.join(', ')}`);
    this.startElection();
  }

  /**
   * Candidates 2. Its own vote counts when it is durable. A new leader may append one noop to its log, and no other entry
   * (§8).
   */
  becomeLeader(disk: ModelDisk, { appendsNoop }: { readonly appendsNoop: boolean }): void {
    if (this.role !== 'candidate') throw new Error(`a ${this.role} becomes leader`);
    const hasOwn = disk.currentTerm === this.currentTerm && disk.votedFor === this.me;
    const granted = hasOwn ? [...this.votes, this.me] : [...this.votes];
    if (!this.#isMajority(granted))
      throw new Error(`it has only the votes of ${granted.join(', ')} in term ${this.currentTerm}`);
    this.role = 'leader';
    this.matchIndex = new Map();
    if (!appendsNoop) return;
    this.changedFrom = this.log.lastIndex + 1;
    this.log.append({ term: this.currentTerm, content: 'noop' });
  }

  /** Thesis 6.2: a leader that hears no majority. */
  giveUp(): void {
    this.role = 'follower';
    this.hasLeader = false;
  }

  /** Leaders 2. */
  propose(commands: readonly Uint8Array[]): void {
    if (this.role !== 'leader') throw new Error(`a ${this.role} takes proposals`);
    this.changedFrom = this.log.lastIndex + 1;
    for (const command of commands) this.log.append(modelEntry(new CommandEntry(this.currentTerm, command)));
  }

  /** Leaders 4: a majority has stored it durably, and it has the current term. */
  commit(index: LogIndex, disk: ModelDisk): void {
    if (this.role !== 'leader') throw new Error(`a ${this.role} counts replicas`);
    const term = this.log.termAt(index);
    if (term !== this.currentTerm) {
      throw new Error(
        `entry ${index} has term ${term}; in term ${this.currentTerm} its replicas do not count`,
      );
    }
    const holders = [...this.matchIndex].filter(([, match]) => match >= index).map(([server]) => server);
    if (disk.log.lastIndex >= index && disk.log.termAt(index) === term) holders.push(this.me);
    if (!this.#isMajority(holders))
      throw new Error(`entry ${index} is durable on ${holders.join(', ') || 'no server'} only`);
    this.commitIndex = index;
  }

  /** The snapshot of its own service (§7). */
  compact(index: LogIndex, data: Uint8Array): void {
    if (index <= this.log.baseIndex) return;
    if (index > this.lastApplied)
      throw new Error(`a snapshot up to ${index}; ${this.lastApplied} is applied`);
    this.log.compact(index, this.log.termAt(index) ?? 0);
    this.snapshots.set(index, data);
  }

  /** Thesis 9.6: as RequestVote, but for a term that no server need be in, and without any effect here. */
  #preVote({ term, lastLogIndex, lastLogTerm }: PreVoteArgs, isRefused: boolean): ExpectedReply {
    const { lastIndex, lastTerm } = this.log;
    const isUpToDate = lastLogTerm > lastTerm || (lastLogTerm === lastTerm && lastLogIndex >= lastIndex);
    const mayGrant =
      this.voters.has(this.me) && term > this.currentTerm && isUpToDate && this.role !== 'leader';
    const voteGranted = mayGrant && !(isRefused && this.#mayWithhold);
    return { kind: 'preVoteReply', term: voteGranted ? term : this.currentTerm, voteGranted };
  }

  #requestVote({ term, candidateId, lastLogIndex, lastLogTerm }: RequestVoteArgs): ExpectedReply {
    const { lastIndex, lastTerm } = this.log;
    const isUpToDate = lastLogTerm > lastTerm || (lastLogTerm === lastTerm && lastLogIndex >= lastIndex);
    const isFree = this.votedFor === null || this.votedFor === candidateId;
    // A learner never votes (thesis 4.2.1).
    const voteGranted = this.voters.has(this.me) && term === this.currentTerm && isFree && isUpToDate;
    if (voteGranted) this.votedFor = candidateId;
    return { kind: 'requestVoteReply', term: this.currentTerm, voteGranted };
  }

  #follow(term: Term): boolean {
    if (term < this.currentTerm) return false;
    if (this.role === 'leader') throw new Error(`another server leads term ${term} too`);
    this.role = 'follower';
    this.hasLeader = true;
    return true;
  }

  /** The last index that it has verified; undefined if it is refused. */
  #append({
    term,
    prevLogIndex,
    prevLogTerm,
    entries,
    leaderCommit,
  }: AppendEntriesArgs): LogIndex | undefined {
    if (!this.#follow(term)) return undefined;
    const { log } = this;
    const isCovered = prevLogIndex < log.baseIndex;
    if (!isCovered && log.termAt(prevLogIndex) !== prevLogTerm) return undefined;
    const lastVerified = prevLogIndex + entries.length;
    for (const [offset, entry] of entries.entries()) {
      const index = prevLogIndex + 1 + offset;
      if (index <= log.baseIndex || log.termAt(index) === entry.term) continue;
      if (index <= this.commitIndex) throw new Error(`the message contradicts the committed entry ${index}`);
      if (index <= log.lastIndex) log.deleteFrom(index);
      this.changedFrom ??= index;
      log.append(modelEntry(entry));
    }
    this.commitIndex = Math.max(this.commitIndex, Math.min(leaderCommit, lastVerified));
    return Math.max(lastVerified, log.baseIndex);
  }

  #receiveChunk(args: InstallSnapshotArgs): { matchIndex: LogIndex; offset: number } {
    const { term, lastIncludedIndex, sizeBytes } = args;
    if (!this.#follow(term)) return { matchIndex: 0, offset: 0 };
    if (lastIncludedIndex > this.commitIndex) {
      const { data, offset } = this.#assemble(args);
      if (data === undefined || (this.isStaging && data.length > args.data.length))
        return { matchIndex: 0, offset };
      this.#install(args, data);
    }
    return { matchIndex: lastIncludedIndex, offset: sizeBytes };
  }

  /** The snapshot all of whose chunks have arrived is installed now. Returns the answer to the last of them. */
  installStaged(): ExpectedReply {
    const args = this.partial?.chunks.at(-1);
    const { data } = args === undefined ? { data: undefined } : this.#assemble(args);
    if (args === undefined || data === undefined || args.term !== this.currentTerm)
      throw new Error('a snapshot is installed whose chunks have not arrived');
    this.#install(args, data);
    const { term, lastIncludedIndex, round } = args;
    const offset = data.length;
    return {
      kind: 'installSnapshotReply',
      term,
      lastIncludedIndex,
      matchIndex: lastIncludedIndex,
      offset,
      round,
    };
  }

  #install({ lastIncludedIndex, lastIncludedTerm }: InstallSnapshotArgs, data: Uint8Array): void {
    this.log.compact(lastIncludedIndex, lastIncludedTerm);
    this.snapshots.set(lastIncludedIndex, data);
    this.changedFrom = lastIncludedIndex + 1;
    this.commitIndex = lastIncludedIndex;
  }

  /** Figure 13, 2 to 5: chunks of one snapshot of one leader belong together; those of a newer one replace them. */
  #assemble(args: InstallSnapshotArgs): { data: Uint8Array | undefined; offset: number } {
    const { term, lastIncludedIndex, sizeBytes, data } = args;
    if (data.length === sizeBytes) return { data, offset: sizeBytes };
    if (this.partial?.term !== term || this.partial.lastIncludedIndex < lastIncludedIndex)
      this.partial = { term, lastIncludedIndex, chunks: [] };
    const { partial } = this;
    if (partial.lastIncludedIndex > lastIncludedIndex) return { data: undefined, offset: 0 };
    partial.chunks.push(args);
    const offset = prefixOf(partial.chunks);
    if (offset < sizeBytes) return { data: undefined, offset };
    const whole = new Uint8Array(sizeBytes);
    for (const chunk of partial.chunks) whole.set(chunk.data, chunk.offset);
    return { data: whole, offset };
  }

  #acknowledged(from: ServerId, term: Term, index: LogIndex): void {
    if (this.role !== 'leader' || term !== this.currentTerm) return;
    if (index > this.log.lastIndex)
      throw new Error(`server ${from} acknowledges ${index}, which the log does not have`);
    this.matchIndex.set(from, Math.max(this.matchIndex.get(from) ?? 0, index));
  }
}

/** How many bytes from the first on the chunks cover without a gap. */
function prefixOf(chunks: PartialSnapshot['chunks']): number {
  let end = 0;
  for (;;) {
    const next = chunks.find(({ offset, data }) => offset <= end && offset + data.length > end);
    if (next === undefined) return end;
    end = next.offset + next.data.length;
  }
}
