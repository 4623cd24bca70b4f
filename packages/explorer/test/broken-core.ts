// The production core with one broken rule each, as tests of the explorer: it must detect each of them.
import { RaftCore, type CoreOptions, type Input, type Outputs, type RaftState } from '@raftlab/raft-core';
import type { BeginCore, ExploredCore } from '#src/explored-core';

/** Changes the effect of an input on a server; `core` is the production core. */
type Rule = (core: RaftCore, input: Input, now: number) => Outputs;

class BrokenCore implements ExploredCore {
  readonly #core: RaftCore;
  readonly #rule: Rule;

  constructor(core: RaftCore, rule: Rule) {
    this.#core = core;
    this.#rule = rule;
  }

  get state(): RaftState {
    return this.#core.state;
  }

  step(input: Input, now: number): Outputs {
    return this.#rule(this.#core, input, now);
  }

  clone(): BrokenCore {
    return new BrokenCore(this.#core.clone(), this.#rule);
  }
}

function breaking(rule: Rule): BeginCore {
  return (options: CoreOptions) => new BrokenCore(RaftCore.begin(options), rule);
}

/** Grants every vote request, regardless of its earlier vote. */
export const grantsEveryVote: BeginCore = breaking((core, input, now) => {
  const outputs = core.step(input, now);
  const sendAfterPersist = outputs.sendAfterPersist.map((envelope) => {
    const { message } = envelope;
    if (message.kind !== 'requestVoteReply') return envelope;
    return { ...envelope, message: { ...message, reply: { ...message.reply, voteGranted: true } } };
  });
  return { ...outputs, sendAfterPersist };
});

/** Never persists its vote, and does not report that. */
export const keepsItsVoteInMemory: BeginCore = breaking((core, input, now) => {
  const { persist, ...outputs } = core.step(input, now);
  if (persist?.batch.hardState === undefined) return { ...outputs, persist };
  const hardState = { ...persist.batch.hardState, votedFor: null };
  return { ...outputs, persist: { ...persist, batch: { ...persist.batch, hardState } } };
});

/** Ignores the election restriction (§5.4.1): every candidate appears to have the longest log. */
export const ignoresTheElectionRestriction: BeginCore = breaking((core, input, now) => {
  if (input.kind !== 'message' || input.message.kind !== 'requestVote') return core.step(input, now);
  const args = { ...input.message.args, lastLogIndex: 100, lastLogTerm: input.message.args.term };
  return core.step({ ...input, message: { kind: 'requestVote', args } }, now);
});

/** Commits every entry that a leader sends. */
export const commitsWhatItReceives: BeginCore = breaking((core, input, now) => {
  if (input.kind !== 'message' || input.message.kind !== 'appendEntries') return core.step(input, now);
  const args = { ...input.message.args, leaderCommit: 100 };
  return core.step({ ...input, message: { kind: 'appendEntries', args } }, now);
});

/** As leader, reports its whole log as committed. */
export const announcesItsWholeLog: BeginCore = breaking((core, input, now) => {
  const outputs = core.step(input, now);
  const send = outputs.send.map((envelope) => {
    const { message } = envelope;
    if (message.kind !== 'appendEntries') return envelope;
    const args = { ...message.args, leaderCommit: core.state.log.lastIndex };
    return { ...envelope, message: { ...message, args } };
  });
  return { ...outputs, send };
});

/** Loses its log when it restarts. */
export const startsWithoutItsLog: BeginCore = (options: CoreOptions) => {
  const { stored } = options;
  return RaftCore.begin({ ...options, stored: stored && { ...stored, entries: [] } });
};

/** Acknowledges entries that it refuses. */
export const acknowledgesWhatItLacks: BeginCore = breaking((core, input, now) => {
  const outputs = core.step(input, now);
  const sendAfterPersist = outputs.sendAfterPersist.map((envelope) => {
    const { message } = envelope;
    if (message.kind !== 'appendEntriesReply' || message.reply.success) return envelope;
    const { term, prevLogIndex } = message.reply;
    return {
      ...envelope,
      message: {
        ...message,
        reply: { term, success: true as const, matchIndex: prevLogIndex, round: message.reply.round },
      },
    };
  });
  return { ...outputs, sendAfterPersist };
});

/** Confirms a round whatever the term, and never steps down by the answer: a deposed leader serves what it has. */
export const servesReadsWithoutAsking: BeginCore = breaking((core, input, now) => {
  const { standing, commitIndex } = core.state;
  if (input.kind !== 'read' || standing.role !== 'leader' || commitIndex === 0) return core.step(input, now);
  const outputs = core.step(input, now);
  const waiting = standing.reads.waiting.splice(0);
  const reads = waiting.map(({ id }) => ({ id, kind: 'ready' as const, readIndex: commitIndex }));
  return { ...outputs, reads };
});
