// What the messages of servers prove about their terms and votes, if the messages have the names of the paper: Figure 2 requires that
// term and vote are saved before a message with them leaves.
import { fieldOf } from './message-fields.ts';

/** A request from one server to another. */
export interface SentRequest {
  readonly from: number;
  readonly to: number;
  /** `Raft.RequestVote` */
  readonly method: string;
  readonly args: unknown;
}

interface Vote {
  readonly candidate: number;
  readonly at: number;
}

interface Life {
  /** When the server was started. */
  readonly at: number;
  readonly persistedBytes: number;
  /** The highest term that the server had sent in earlier lives. */
  readonly termBefore: number;
}

/** A rule of the paper that messages show to be broken. */
export interface BrokenRule {
  readonly property: string;
  readonly message: string;
}

/** Takes requests and replies in the order of time. The methods return the broken rule, or undefined. */
export class MessageFacts {
  readonly #now: () => number;
  readonly #lives = new Map<number, Life[]>();
  readonly #highestTerm = new Map<number, number>();
  /** By leader: the highest term in a reply to it. */
  readonly #higherTerms = new Map<number, { term: number; by: number; method: string; at: number }>();
  /** By term, then by voter. */
  readonly #votes = new Map<number, Map<number, Vote[]>>();
  /** By server: its first reply with a lower term than the request had. */
  readonly #lowTerms = new Map<number, { request: SentRequest; term: number; replied: number; at: number }>();
  /** Candidates that ask themselves: their own vote is a reply, like every other. */
  readonly #selfCallers = new Set<number>();

  /** `now`: milliseconds since the test began. */
  constructor(now: () => number) {
    this.#now = now;
  }

  onStart(server: number, persistedBytes: number): void {
    this.#higherTerms.delete(server);
    const lives = this.#lives.get(server) ?? [];
    lives.push({ at: this.#now(), persistedBytes, termBefore: this.#highestTerm.get(server) ?? 0 });
    this.#lives.set(server, lives);
  }

  /** Candidates vote for themselves, and a term that was sent must survive a crash. */
  onRequest(request: SentRequest): BrokenRule | undefined {
    const { from, to } = request;
    const term = termOf(request);
    if (term === undefined) return undefined;
    this.#highestTerm.set(from, Math.max(term, this.#highestTerm.get(from) ?? 0));
    const life = this.#lives.get(from)?.at(-1);
    if (life !== undefined && term < life.termBefore) {
      const message =
        `server ${from} has forgotten its term: it sent ${request.method} with term ${term}, but it had sent term ` +
        `${life.termBefore} before it was restarted at ${ms(life.at)}, with ${life.persistedBytes} bytes of persisted ` +
        'Raft state; currentTerm must be saved before a message with it leaves, and restored at the start';
      return { property: 'Terms survive crashes', message };
    }
    if (messageName(request) !== voteRequest) return undefined;
    if (from === to) {
      this.#selfCallers.add(from);
      // Its vote is the reply to this request.
      this.#votes.get(term)?.delete(from);
    }
    if (this.#selfCallers.has(from)) return undefined;
    return this.#onVote({ voter: from, candidate: from, term });
  }

  onReply(request: SentRequest, reply: unknown): BrokenRule | undefined {
    const term = termOf(request);
    if (term === undefined) return undefined;
    const replied = fieldOf(reply, 'term');
    if (typeof replied === 'number' && replied < term && !this.#lowTerms.has(request.to))
      this.#lowTerms.set(request.to, { request, term, replied, at: this.#now() });
    if (leaderRequests.has(messageName(request))) this.#onLeaderReply(request, reply);
    if (messageName(request) !== voteRequest) return undefined;
    if (fieldOf(reply, 'votegranted') !== true) return undefined;
    return this.#onVote({ voter: request.to, candidate: request.from, term });
  }

  /** A server reports that it leads a term: it must not have seen a higher one in a reply (§5.1). */
  onLeader(server: number, term: number): BrokenRule | undefined {
    const higher = this.#higherTerms.get(server);
    if (higher === undefined || higher.term <= term || this.#now() - higher.at < stepDownMs) return undefined;
    const message =
      `server ${server} has not stepped down: it still leads term ${term}, but server ${higher.by} had replied to its ` +
      `${higher.method} with term ${higher.term} at ${ms(higher.at)}`;
    return { property: 'Higher terms are followed', message };
  }

  #onLeaderReply({ from, to, method }: SentRequest, reply: unknown): void {
    const term = fieldOf(reply, 'term');
    if (typeof term !== 'number' || term <= (this.#higherTerms.get(from)?.term ?? 0)) return;
    this.#higherTerms.set(from, { term, by: to, method, at: this.#now() });
  }

  /** The term in which the sender of this request leads, if only leaders send it. */
  ledTermOf(request: SentRequest): number | undefined {
    return leaderRequests.has(messageName(request)) ? termOf(request) : undefined;
  }

  /** The highest term that a server had sent in the lives before the one that began at this time. */
  termBefore(server: number, startedAt: number): number {
    return this.#lives.get(server)?.find(({ at }) => at === startedAt)?.termBefore ?? 0;
  }

  /** The highest term in which a vote was seen. */
  get lastVotedTerm(): number | undefined {
    return this.#votes.size === 0 ? undefined : Math.max(...this.#votes.keys());
  }

  /** `votes in term 3: server 0 for 0, server 1 for 0, server 2 for 2`; undefined if none were seen. */
  describeVotes(term: number): string | undefined {
    const votes = [...(this.#votes.get(term) ?? [])].toSorted(([a], [b]) => a - b);
    if (votes.length === 0) return undefined;
    const list = votes.map(([voter, given]) => {
      const candidates = given.map(({ candidate }) => (candidate === voter ? 'itself' : candidate));
      return `server ${voter} for ${candidates.join(' and for ')}`;
    });
    return `votes in term ${term}, as far as replies have arrived: ${list.join(', ')}`;
  }

  /** One line about the servers that have not taken over a higher term, if there are any. */
  describeLowTerms(): string[] {
    const [first] = this.#lowTerms.values();
    if (first === undefined) return [];
    const servers = [...this.#lowTerms.keys()].toSorted((a, b) => a - b);
    const who = servers.length === 1 ? `server ${servers[0]} has` : `servers ${servers.join(', ')} have`;
    const { request, term, replied, at } = first;
    return [
      `${who} replied with a lower term than the request had: first server ${request.to}, to the ${request.method} of server ` +
        `${request.from} (term ${term}, reply with term ${replied}, at ${ms(at)}); a server must take over a higher term ` +
        'before it replies (§5.1)',
    ];
  }

  #onVote({
    voter,
    candidate,
    term,
  }: {
    voter: number;
    candidate: number;
    term: number;
  }): BrokenRule | undefined {
    const ofTerm = this.#votes.get(term) ?? new Map<number, Vote[]>();
    this.#votes.set(term, ofTerm);
    const given = ofTerm.get(voter) ?? [];
    ofTerm.set(voter, given);
    if (given.some((vote) => vote.candidate === candidate)) return undefined;
    given.push({ candidate, at: this.#now() });
    const [first, second] = given;
    if (first === undefined || second === undefined) return undefined;
    const restart = this.#lives.get(voter)?.findLast(({ at }, life) => life > 0 && at >= first.at);
    const message =
      `One vote per term is violated: in term ${term} server ${voter} voted for ${whom(first, voter)} (seen at ` +
      `${ms(first.at)}) and for ${whom(second, voter)} (seen at ${ms(second.at)})` +
      (restart === undefined
        ? ''
        : `; it was restarted at ${ms(restart.at)}, with ${restart.persistedBytes} bytes of persisted Raft state: votedFor must ` +
          'be saved before the vote leaves, and restored at the start');
    return { property: 'One vote per term', message };
  }
}

/** A leader that has received a higher term may take so long to step down, in ms. */
const stepDownMs = 50;
const voteRequest = 'requestvote';
const leaderRequests: ReadonlySet<string> = new Set(['appendentries', 'installsnapshot']);

/** `requestvote` for `Raft.RequestVote`: the names of Go begin with capitals, and others do not. */
export function messageName({ method }: SentRequest): string {
  return method.slice(method.lastIndexOf('.') + 1).toLowerCase();
}

/** The term of the sender; undefined if the request is not one of the paper's, or asks for a pre-vote. */
function termOf(request: SentRequest): number | undefined {
  const { args } = request;
  const name = messageName(request);
  if (name !== voteRequest && !leaderRequests.has(name)) return undefined;
  const isPreVote = Object.keys(Object(args)).some((key) => /pre.?(vote|candidate)/i.test(key));
  const term = fieldOf(args, 'term');
  return !isPreVote && typeof term === 'number' && Number.isSafeInteger(term) ? term : undefined;
}

function whom({ candidate }: Vote, voter: number): string {
  return candidate === voter ? 'itself' : `server ${candidate}`;
}

function ms(at: number): string {
  return `${at.toFixed(3)} ms`;
}
