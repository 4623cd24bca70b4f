// Messages as text, and back, so that a message in a transcript can be sent by hand. `prev 3/1` is prevLogIndex 3,
// prevLogTerm 1; the entries of a message are as in entry-text.ts.
import {
  bodyOf,
  messageKinds,
  messageName,
  messageOf,
  type LogEntry,
  type LogIndex,
  type Message,
  type MessageKind,
  type PreVoteArgs,
  type ReplyBodies,
  type ReplyBody,
  type RequestBodies,
  type RequestBody,
  type Snapshot,
  type Term,
} from '@raftlab/protocol';
import { formatEntry, type EntrySketch } from './entry-text.ts';
import { ScenarioProblem } from './scenario-error.ts';
import { Words } from './words.ts';

/** The parts of a hand-made message that its text does not contain. */
export interface Sources {
  readonly from: number;
  /** The entry with this index and the term and kind of the text, as its leader created it. */
  readonly entry: (index: LogIndex, sketch: EntrySketch) => LogEntry;
  readonly snapshot: (index: LogIndex, term: Term) => Snapshot;
  /** The round that a request gets, or that a reply answers: texts do not name it. */
  readonly round: number;
}

/** The text of the fields of a kind of message besides its term. `read` is the inverse of `write`. */
interface Wording<Said> {
  write(body: Said): string;
  read(words: Words, known: Sources & { readonly term: Term }): Said;
}

type Body = RequestBody | ReplyBody;
type Bodies = RequestBodies & ReplyBodies;

/** A kind without an entry here is written as its fields, and cannot be sent by hand. */
const wordings: { readonly [Kind in MessageKind]?: Wording<Bodies[Kind]> } = {
  preVote: {
    write: ({ lastLogIndex, lastLogTerm }) => `last ${lastLogIndex}/${lastLogTerm}`,
    read: readCandidate,
  },
  preVoteReply: {
    write: ({ voteGranted }) => (voteGranted ? 'granted' : 'refused'),
    read: (words, { term }) => ({ term, voteGranted: words.oneOf(['granted', 'refused']) === 'granted' }),
  },
  requestVote: {
    write: ({ lastLogIndex, lastLogTerm, isTransfer }) =>
      `last ${lastLogIndex}/${lastLogTerm}${isTransfer === true ? ' transfer' : ''}`,
    read(words, known) {
      const args = readCandidate(words, known);
      return words.skip('transfer') ? { ...args, isTransfer: true } : args;
    },
  },
  requestVoteReply: {
    write: ({ voteGranted }) => (voteGranted ? 'granted' : 'refused'),
    read: (words, { term }) => ({ term, voteGranted: words.oneOf(['granted', 'refused']) === 'granted' }),
  },
  appendEntries: {
    write({ prevLogIndex, prevLogTerm, entries, leaderCommit }) {
      const texts = entries.map((entry) => ` ${formatEntry(entry)}`).join('');
      const carried = texts === '' ? '' : ` entries${texts}`;
      return `prev ${prevLogIndex}/${prevLogTerm}${carried} commit ${leaderCommit}`;
    },
    read(words, { term, from, entry, round }) {
      words.need('prev');
      const { index: prevLogIndex, term: prevLogTerm } = words.place('the entry before');
      const sketches = words.skip('entries') ? words.entries() : [];
      words.need('commit');
      const leaderCommit = words.number("the leader's commit index");
      const entries = sketches.map((sketch, offset) => entry(prevLogIndex + 1 + offset, sketch));
      return { term, leaderId: from, prevLogIndex, prevLogTerm, entries, leaderCommit, round };
    },
  },
  appendEntriesReply: {
    write: (reply) =>
      reply.success
        ? `match ${reply.matchIndex}`
        : `refused ${reply.prevLogIndex} conflict ${reply.conflictIndex}/${reply.conflictTerm}`,
    read(words, { term, round }) {
      if (words.oneOf(['match', 'refused']) === 'match')
        return { term, success: true, matchIndex: words.number('an index'), round };
      const prevLogIndex = words.number('the prevLogIndex that is refused');
      words.need('conflict');
      const { index: conflictIndex, term: conflictTerm } = words.place('the conflict');
      // Without a conflict it refuses a request of an earlier term.
      const answers = conflictIndex === 0 ? 0 : round;
      return { term, success: false, prevLogIndex, conflictTerm, conflictIndex, round: answers };
    },
  },
  installSnapshot: {
    write({ lastIncludedIndex, lastIncludedTerm, offset, data, sizeBytes }) {
      const isWhole = data.length === sizeBytes;
      const part = isWhole ? '' : ` bytes ${offset} to ${offset + data.length} of ${sizeBytes}`;
      return `last ${lastIncludedIndex}/${lastIncludedTerm}${part}`;
    },
    read(words, { term, from, snapshot, round }) {
      words.need('last');
      const { index, term: lastIncludedTerm } = words.place('the last entry that the snapshot covers');
      if (index === 0) throw new ScenarioProblem('a snapshot covers at least the entry at index 1');
      const { data } = snapshot(index, lastIncludedTerm);
      const range = words.skip('bytes') ? chunkOf(words, data.length) : { start: 0, end: data.length };
      return {
        term,
        leaderId: from,
        lastIncludedIndex: index,
        lastIncludedTerm,
        sizeBytes: data.length,
        offset: range.start,
        data: data.slice(range.start, range.end),
        round,
      };
    },
  },
  confirmLeader: {
    write: ({ round }) => `round ${round}`,
    read(words, { term, from }) {
      words.need('round');
      return { term, leaderId: from, round: words.number('the number of the round') };
    },
  },
  confirmLeaderReply: {
    write: ({ round }) => `round ${round}`,
    read(words, { term }) {
      words.need('round');
      return { term, round: words.number('the number of the round') };
    },
  },
  readIndex: {
    write: ({ readId }) => `read ${readId}`,
    read(words, { term, from }) {
      words.need('read');
      return { term, readerId: from, readId: words.number('the number of the read') };
    },
  },
  readIndexReply: {
    write: ({ readId, readIndex }) => `read ${readId} at ${readIndex}`,
    read(words, { term }) {
      words.need('read');
      const readId = words.number('the number of the read');
      words.need('at');
      return { term, readId, readIndex: words.number('the index of the read, or 0') };
    },
  },
  timeoutNow: {
    write: () => '',
    read: (_words, { term, from }) => ({ term, leaderId: from }),
  },
  timeoutNowReply: {
    write: () => '',
    read: (_words, { term }) => ({ term }),
  },
  installSnapshotReply: {
    write: ({ matchIndex, lastIncludedIndex, offset, round }) =>
      matchIndex === 0 && round > 0 ? `stored ${offset} of ${lastIncludedIndex}` : `match ${matchIndex}`,
    read(words, { term, round, snapshot }) {
      if (words.oneOf(['match', 'stored']) === 'match') {
        const matchIndex = words.number('an index');
        const offset = matchIndex === 0 ? 0 : snapshot(matchIndex, 0).data.length;
        // Index 0 answers a request of an earlier term.
        const answers = matchIndex === 0 ? 0 : round;
        return { term, matchIndex, lastIncludedIndex: matchIndex, offset, round: answers };
      }
      const offset = words.number('how many bytes of the snapshot are stored');
      words.need('of');
      return { term, matchIndex: 0, lastIncludedIndex: words.number('an index'), offset, round };
    },
  },
};

function readCandidate(words: Words, { term, from }: Sources & { readonly term: Term }): PreVoteArgs {
  words.need('last');
  const { index: lastLogIndex, term: lastLogTerm } = words.place("the candidate's last entry");
  return { term, candidateId: from, lastLogIndex, lastLogTerm };
}

function chunkOf(words: Words, sizeBytes: number): { start: number; end: number } {
  const start = words.number('the first byte of the chunk');
  words.need('to');
  const end = words.number('the byte after the chunk');
  words.need('of');
  const whole = words.number('the size of the snapshot');
  if (whole !== sizeBytes || start > end || end > sizeBytes)
    throw new ScenarioProblem(`bytes ${start} to ${end} of ${whole}; the snapshot has ${sizeBytes} bytes`);
  return { start, end };
}

/** One line, e.g. `RequestVote term 2 last 3/1`. */
export function formatMessage(message: Message): string {
  const wording: Wording<Body> | undefined = wordings[message.kind];
  const body = bodyOf(message);
  const words = wording === undefined ? fieldsOf(body) : wording.write(body);
  return `${messageName(message.kind)} term ${body.term} ${words}`.trimEnd();
}

/** All fields except the term, with their names. */
function fieldsOf(body: Body): string {
  const fields = Object.entries(body).filter(([name]) => name !== 'term');
  return fields.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(' ');
}

/** The inverse of formatMessage. Throws ScenarioProblem. */
export function readMessage(text: string, sources: Sources): Message {
  const words = new Words(text);
  const sendable = messageKinds.filter((kind) => wordings[kind] !== undefined);
  const name = words.oneOf(sendable.map(messageName));
  const [kind] = sendable.filter((each) => messageName(each) === name);
  const wording: Wording<Body> | undefined = kind && wordings[kind];
  if (kind === undefined || wording === undefined) throw new ScenarioProblem(`${name} has no wording`);
  words.need('term');
  const term = words.number('the term of the message');
  const message = messageOf(kind, wording.read(words, { ...sources, term }));
  words.end();
  return message;
}
