// Cores that each break one rule, as wrappers of the real one. The scenario of the rule must detect it.
import type { Message } from '@raftlab/protocol';
import {
  RaftCore,
  type CoreOptions,
  type Envelope,
  type Input,
  type Outputs,
  type RaftState,
} from '@raftlab/raft-core';
import type { ScenarioCore } from '#src/scenario-server';

interface Step {
  readonly core: RaftCore;
  readonly state: RaftState;
  readonly input: Input;
  readonly now: number;
  /** Takes the step of the real core. */
  readonly step: (input?: Input) => Outputs;
}

export interface BrokenRule {
  /** The scenario that must detect it. */
  readonly scenario: string;
  readonly what: string;
  readonly begin: (options: CoreOptions) => ScenarioCore;
}

function broken(scenario: string, what: string, stepOf: (step: Step) => Outputs): BrokenRule {
  return {
    scenario,
    what,
    begin: (options) => {
      const core = RaftCore.begin(options);
      return {
        state: core.state,
        step: (input, now) =>
          stepOf({ core, state: core.state, input, now, step: (other = input) => core.step(other, now) }),
      };
    },
  };
}

/** Replaces every message that the step would send. */
function rewriteMessages(outputs: Outputs, rewrite: (message: Message) => Message): Outputs {
  const each = (envelope: Envelope): Envelope => ({ ...envelope, message: rewrite(envelope.message) });
  return { ...outputs, send: outputs.send.map(each), sendAfterPersist: outputs.sendAfterPersist.map(each) };
}

function messageOf<Kind extends Message['kind']>(
  input: Input,
  kind: Kind,
): Extract<Message, { kind: Kind }> | undefined {
  if (input.kind !== 'message' || input.message.kind !== kind) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the kind was compared
  return input.message as Extract<Message, { kind: Kind }>;
}

function commitWhatAMajorityHas(state: RaftState): void {
  const { standing } = state;
  if (standing.role !== 'leader') return;
  const indexes = [standing.durableIndex, ...[...standing.progress.values()].map((each) => each.matchIndex)];
  const reached = indexes.toSorted((a, b) => b - a)[Math.floor(indexes.length / 2)] ?? 0;
  state.commitIndex = Math.max(state.commitIndex, reached);
}

function resetTimer({ state, now }: Step): void {
  if (state.standing.role !== 'leader') state.standing.electionDeadline = now + 1000;
}

export const brokenRules: readonly BrokenRule[] = [
  broken('commit-only-own-term', 'a leader counts replicas of any term', (step) => {
    const outputs = step.step();
    commitWhatAMajorityHas(step.state);
    return outputs;
  }),
  broken(
    'follower-commit-bound',
    'a follower takes its own last index as the bound of the commit index',
    (step) => {
      const outputs = step.step();
      const append = messageOf(step.input, 'appendEntries');
      const { state } = step;
      if (append !== undefined) {
        state.commitIndex = Math.max(
          state.commitIndex,
          Math.min(append.args.leaderCommit, state.log.lastIndex),
        );
      }
      return outputs;
    },
  ),
  broken('ack-names-what-was-verified', 'an acknowledgement names the last index', ({ step, state }) =>
    rewriteMessages(step(), (message) =>
      message.kind === 'appendEntriesReply' && message.reply.success
        ? { ...message, reply: { ...message.reply, matchIndex: state.log.lastIndex } }
        : message,
    ),
  ),
  broken(
    'short-append-truncates-nothing',
    'the log ends where the message ends',
    ({ step, input, state }) => {
      const outputs = step();
      const append = messageOf(input, 'appendEntries');
      if (append === undefined || append.args.entries.length === 0) return outputs;
      const end = append.args.prevLogIndex + append.args.entries.length;
      state.log.truncateFrom(end + 1);
      return outputs;
    },
  ),
  broken('empty-append-checks-prev', 'an empty AppendEntries is accepted without a check', ({ step }) =>
    rewriteMessages(step(), (message) =>
      message.kind === 'appendEntriesReply' && !message.reply.success
        ? {
            ...message,
            reply: {
              term: message.reply.term,
              success: true,
              matchIndex: message.reply.prevLogIndex,
              round: message.reply.round,
            },
          }
        : message,
    ),
  ),
  broken('fast-back-up-over-terms', 'a refusal names the previous entry', ({ step }) =>
    rewriteMessages(step(), (message) =>
      message.kind === 'appendEntriesReply' && !message.reply.success
        ? {
            ...message,
            reply: { ...message.reply, conflictTerm: 0, conflictIndex: message.reply.prevLogIndex },
          }
        : message,
    ),
  ),
  broken('vote-kept-on-same-term-step-down', 'stepping down clears the vote', ({ step, state }) => {
    const term = state.currentTerm;
    const outputs = step();
    if (outputs.roleChange?.role === 'follower' && state.currentTerm === term) state.votedFor = null;
    return outputs;
  }),
  broken('vote-waits-for-disk', 'replies do not wait for the disk', ({ step }) => {
    const outputs = step();
    return { ...outputs, send: [...outputs.send, ...outputs.sendAfterPersist], sendAfterPersist: [] };
  }),
  broken('vote-survives-a-crash', 'the hard state is not persisted', ({ step }) => {
    const outputs = step();
    if (outputs.persist?.batch.hardState === undefined) return outputs;
    const { hardState: _, ...batch } = outputs.persist.batch;
    return {
      ...outputs,
      persist: Object.keys(batch).length === 0 ? undefined : { ...outputs.persist, batch },
    };
  }),
  broken('cluster-of-one', 'a vote for itself counts at once', ({ step, state }) => {
    const outputs = step();
    if (outputs.roleChange?.role !== 'candidate') return outputs;
    const { currentTerm, log } = state;
    const more = step({
      kind: 'persisted',
      currentTerm,
      lastLogIndex: log.lastIndex,
      lastLogTerm: log.lastTerm,
    });
    return { ...more, persist: outputs.persist };
  }),
  broken(
    'leader-counts-itself-when-durable',
    "the leader's own entry counts at once",
    ({ step, input, state }) => {
      const outputs = step();
      if (input.kind === 'propose' && state.standing.role === 'leader')
        state.standing.durableIndex = state.log.lastIndex;
      return outputs;
    },
  ),
  broken(
    'aba-of-a-durable-ack',
    'a durable write is identified by its index alone',
    ({ step, input, state }) =>
      step(
        input.kind === 'persisted'
          ? { ...input, lastLogTerm: state.log.termAt(input.lastLogIndex) ?? 0 }
          : input,
      ),
  ),
  broken('timer-not-reset-by-refusal', 'every vote request restarts the timer', (step) => {
    const outputs = step.step();
    if (messageOf(step.input, 'requestVote') === undefined) return outputs;
    resetTimer(step);
    return outputs;
  }),
  broken('timer-not-reset-by-an-old-leader', 'every AppendEntries restarts the timer', (step) => {
    const outputs = step.step();
    if (messageOf(step.input, 'appendEntries') === undefined) return outputs;
    resetTimer(step);
    return outputs;
  }),
  broken('higher-term-in-reply-deposes', 'a leader ignores the term of a reply', ({ step, input }) => {
    const answer = messageOf(input, 'appendEntriesReply');
    if (input.kind !== 'message' || answer === undefined) return step();
    return step({ ...input, message: { ...answer, reply: { ...answer.reply, term: 1 } } });
  }),
  broken('vote-of-old-election', 'a vote of any term counts', ({ step, input, state }) => {
    const vote = messageOf(input, 'requestVoteReply');
    if (input.kind !== 'message' || vote === undefined) return step();
    return step({ ...input, message: { ...vote, reply: { ...vote.reply, term: state.currentTerm } } });
  }),
  broken('up-to-date-log-wins', 'the longer log wins, regardless of its terms', ({ step, input, state }) => {
    const request = messageOf(input, 'requestVote');
    if (input.kind !== 'message' || request === undefined) return step();
    const lastLogTerm = request.args.lastLogIndex >= state.log.lastIndex ? Infinity : 0;
    return step({ ...input, message: { ...request, args: { ...request.args, lastLogTerm } } });
  }),
  broken(
    'conflicting-suffix-dropped',
    'the removal of the conflicting suffix is not persisted',
    ({ step }) => {
      const outputs = step();
      if (outputs.persist?.batch.snapshot === undefined) return outputs;
      const { log: _, ...batch } = outputs.persist.batch;
      return { ...outputs, persist: { ...outputs.persist, batch } };
    },
  ),
  broken('learners-do-not-count', 'a learner grants votes', ({ step, state }) =>
    rewriteMessages(step(), (message) =>
      message.kind === 'requestVoteReply' && state.membership.learners.has(state.me)
        ? { ...message, reply: { ...message.reply, voteGranted: true } }
        : message,
    ),
  ),
  broken(
    'isolated-leader-gives-up',
    'a leader without a majority never steps down',
    ({ step, input, state, now }) => {
      if (input.kind === 'tick' && state.standing.role === 'leader')
        for (const progress of state.standing.progress.values()) progress.lastHeardAt = now;
      return step();
    },
  ),
];
