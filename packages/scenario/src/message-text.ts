// Messages as text, and back: a message that a transcript shows can be sent by hand. `prev 3/1` is prevLogIndex 3,
// prevLogTerm 1; the entries of a message are as in entry-text.ts.
import type { LogEntry, LogIndex, Snapshot, Term, Message } from '@raftlab/protocol';
import { formatEntry, type EntrySketch } from './entry-text.ts';
import { ScenarioProblem } from './scenario-error.ts';
import { Words } from './words.ts';

/** The message as one line of a transcript; `readMessage` is the inverse. */
export function formatMessage(message: Message): string {
  switch (message.kind) {
    case 'requestVote': {
      const { term, lastLogIndex, lastLogTerm } = message.args;
      return `RequestVote term ${term} last ${lastLogIndex}/${lastLogTerm}`;
    }
    case 'requestVoteReply': {
      const { term, voteGranted } = message.reply;
      return `RequestVoteReply term ${term} ${voteGranted ? 'granted' : 'refused'}`;
    }
    case 'appendEntries': {
      const { term, prevLogIndex, prevLogTerm, entries, leaderCommit } = message.args;
      const texts = entries.map((entry) => ` ${formatEntry(entry)}`).join('');
      const carried = texts === '' ? '' : ` entries${texts}`;
      return `AppendEntries term ${term} prev ${prevLogIndex}/${prevLogTerm}${carried} commit ${leaderCommit}`;
    }
    case 'appendEntriesReply': {
      const { reply } = message;
      if (reply.success) return `AppendEntriesReply term ${reply.term} match ${reply.matchIndex}`;
      const { term, prevLogIndex, conflictTerm, conflictIndex } = reply;
      return `AppendEntriesReply term ${term} refused ${prevLogIndex} conflict ${conflictIndex}/${conflictTerm}`;
    }
    case 'installSnapshot': {
      const { term, lastIncludedIndex, lastIncludedTerm } = message.args;
      return `InstallSnapshot term ${term} last ${lastIncludedIndex}/${lastIncludedTerm}`;
    }
    case 'installSnapshotReply':
      return `InstallSnapshotReply term ${message.reply.term} match ${message.reply.matchIndex}`;
  }
}

/** What a hand-made message cannot say itself. */
export interface Sources {
  readonly from: number;
  /** The entry at this index that the text names, as its leader created it. */
  readonly entry: (index: LogIndex, sketch: EntrySketch) => LogEntry;
  readonly snapshot: (index: LogIndex, term: Term) => Snapshot;
}

const kinds = [
  'RequestVote',
  'RequestVoteReply',
  'AppendEntries',
  'AppendEntriesReply',
  'InstallSnapshot',
  'InstallSnapshotReply',
] as const;

/** The inverse of formatMessage. Throws ScenarioProblem. */
export function readMessage(text: string, sources: Sources): Message {
  const words = new Words(text);
  const kind = words.oneOf(kinds);
  words.need('term');
  const message = readBody(kind, words.number('the term of the message'), words, sources);
  words.end();
  return message;
}

function readBody(kind: (typeof kinds)[number], term: Term, words: Words, sources: Sources): Message {
  switch (kind) {
    case 'RequestVote': {
      words.need('last');
      const { index, term: lastLogTerm } = words.place("the candidate's last entry");
      return {
        kind: 'requestVote',
        args: { term, candidateId: sources.from, lastLogIndex: index, lastLogTerm },
      };
    }
    case 'RequestVoteReply':
      return {
        kind: 'requestVoteReply',
        reply: { term, voteGranted: words.oneOf(['granted', 'refused']) === 'granted' },
      };
    case 'AppendEntries':
      return readAppendEntries(term, words, sources);
    case 'AppendEntriesReply':
      return readAppendEntriesReply(term, words);
    case 'InstallSnapshot': {
      words.need('last');
      const { index, term: lastTerm } = words.place('the last entry that the snapshot covers');
      if (index === 0) throw new ScenarioProblem('a snapshot covers at least the entry at index 1');
      return {
        kind: 'installSnapshot',
        args: { term, leaderId: sources.from, ...sources.snapshot(index, lastTerm) },
      };
    }
    case 'InstallSnapshotReply':
      words.need('match');
      return { kind: 'installSnapshotReply', reply: { term, matchIndex: words.number('an index') } };
  }
}

function readAppendEntries(term: Term, words: Words, { from, entry }: Sources): Message {
  words.need('prev');
  const prev = words.place('the entry before');
  const sketches = words.skip('entries') ? words.entries() : [];
  words.need('commit');
  const leaderCommit = words.number("the leader's commit index");
  const args = {
    term,
    leaderId: from,
    prevLogIndex: prev.index,
    prevLogTerm: prev.term,
    entries: sketches.map((sketch, offset) => entry(prev.index + 1 + offset, sketch)),
    leaderCommit,
  };
  return { kind: 'appendEntries', args };
}

function readAppendEntriesReply(term: Term, words: Words): Message {
  if (words.oneOf(['match', 'refused']) === 'match') {
    return {
      kind: 'appendEntriesReply',
      reply: { term, success: true, matchIndex: words.number('an index') },
    };
  }
  const prevLogIndex = words.number('the prevLogIndex that is refused');
  words.need('conflict');
  const { index: conflictIndex, term: conflictTerm } = words.place('the conflict');
  return {
    kind: 'appendEntriesReply',
    reply: { term, success: false, prevLogIndex, conflictTerm, conflictIndex },
  };
}
