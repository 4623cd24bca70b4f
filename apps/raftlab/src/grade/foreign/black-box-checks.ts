// Checks of a cluster whose internal state is unknown: results that violate a property of Raft, and observations that may explain
// a failure. They use only the calls of the tester.
import { CallOverlap } from './call-overlap.ts';
import { CommandPlaces } from './command-places.ts';
import { CommitEvidence } from './commit-evidence.ts';
import { ImplementationFault } from './implementation-fault.ts';
import { MessageFacts, type BrokenRule, type SentRequest } from './message-facts.ts';

/** An unanswered call that is older than this, in ms of the test, is mentioned when the test fails. */
const longUnansweredMs = 1000;

interface PendingCall {
  readonly server: number;
  readonly method: string;
  readonly since: number;
}

interface Start {
  readonly server: number;
  readonly at: number;
  readonly persistedBytes: number;
}

/** The first sign that a server leads a term. */
interface Leader {
  readonly server: number;
  readonly at: number;
  readonly sign: string;
}

export class BlackBoxChecks {
  /** Milliseconds since the test began. */
  readonly #now: () => number;
  readonly #watchesRaft: boolean;
  readonly #leaders = new Map<number, Leader>();
  readonly #messages: MessageFacts;
  readonly #places: CommandPlaces;
  readonly #commits: CommitEvidence;
  readonly #overlap: CallOverlap;
  /** The highest index that each server has applied, including before crashes. */
  readonly #applied = new Map<number, number>();
  readonly #starts: Start[] = [];
  readonly #pending = new Set<PendingCall>();
  /** By server: how many handler calls returned undefined, and the last of them. */
  readonly #refused = new Map<number, { count: number; last: PendingCall }>();
  #callCount = 0;

  /** `watchesRaft`: false when the implementation's service runs on our Raft. */
  constructor(now: () => number, { watchesRaft }: { watchesRaft: boolean }) {
    this.#now = now;
    this.#watchesRaft = watchesRaft;
    this.#messages = new MessageFacts(now);
    this.#places = new CommandPlaces(now);
    this.#commits = new CommitEvidence(now);
    this.#overlap = new CallOverlap(now);
  }

  onMake(server: number, persistedBytes: number): void {
    this.#starts.push({ server, at: this.#now(), persistedBytes });
    this.#messages.onStart(server, persistedBytes);
    this.#commits.onStart(server);
    this.#places.onServer(server);
  }

  /** Election Safety (Figure 3), for the leaders that the tester sees. */
  onState(server: number, { term, isLeader }: { term: number; isLeader: boolean }): void {
    if (!isLeader) return;
    this.#onLeader(term, { server, at: this.#now(), sign: 'reported' });
    expectNothing(this.#messages.onLeader(server, term));
  }

  /** A server calls another one; the returned function must be called when the call ends. */
  onCall(call: Omit<SentRequest, 'args'>): () => void {
    this.#callCount += 1;
    return this.#overlap.onCall(call);
  }

  /** Throws an ImplementationFault if the request breaks a rule of the paper. */
  onRequestSent(request: SentRequest): void {
    expectNothing(this.#messages.onRequest(request));
    const term = this.#messages.ledTermOf(request);
    if (term === undefined) return;
    const { from: server, method } = request;
    this.#onLeader(term, { server, at: this.#now(), sign: `sent ${method}` });
  }

  /** Throws an ImplementationFault if the reply breaks a rule of the paper. */
  onReplyArrived(request: SentRequest, reply: unknown): void {
    this.#commits.onReply(request, reply);
    expectNothing(this.#messages.onReply(request, reply));
  }

  #onLeader(term: number, leader: Leader): void {
    const known = this.#leaders.get(term);
    if (known === undefined) {
      this.#leaders.set(term, leader);
    } else if (known.server !== leader.server) {
      throw new ImplementationFault(
        `Election Safety is violated: server ${known.server} and server ${leader.server} have both led term ${term}` +
          ` (${known.sign} at ${ms(known.at)}, and ${leader.sign} at ${ms(leader.at)})`,
        { property: 'Election Safety' },
      );
    }
  }

  /**
   * `start` has returned. Leader Completeness (Figure 3), for entries that the same server has applied: they must stay in its log
   * or snapshot.
   */
  onStarted(
    server: number,
    command: unknown,
    started: { isLeader: boolean; index?: number; term: number },
  ): void {
    const { isLeader, index = 0, term } = started;
    this.#places.onStart(server, command, isLeader ? { index, term } : undefined);
    if (!isLeader) return;
    const applied = this.#applied.get(server) ?? 0;
    if (index > applied) return;
    const starts = this.#starts.filter((start) => start.server === server);
    const last = starts.at(-1);
    const restart =
      starts.length > 1 && last !== undefined
        ? `; it was restarted at ${ms(last.at)}, with ${last.persistedBytes} bytes of persisted Raft state`
        : '';
    throw new ImplementationFault(
      `server ${server} has lost its log: as leader it puts a command at index ${index}, but it had applied ` +
        `index ${applied} before${restart}`,
      { property: 'Leader Completeness' },
    );
  }

  /** `command` is undefined for a snapshot. */
  onApplied(server: number, index: number, command: { readonly value: unknown } | undefined): void {
    if (command !== undefined) {
      this.#places.onApplied(server, index, command.value);
      this.#commits.onApplied(server, index);
    }
    this.#applied.set(server, Math.max(this.#applied.get(server) ?? 0, index));
  }

  /** A handler starts; the returned function must be called when it ends. */
  onRequest(server: number, method: string): () => void {
    const call = { server, method, since: this.#now() };
    this.#pending.add(call);
    return () => void this.#pending.delete(call);
  }

  /** A handler of a running server returned undefined. */
  onNoAnswer(server: number, method: string): void {
    const count = (this.#refused.get(server)?.count ?? 0) + 1;
    this.#refused.set(server, { count, last: { server, method, since: this.#now() } });
  }

  /** Observations that may explain a failure, one line each. A fault of the code explains itself. */
  remarks({ name, message }: { readonly name: string; readonly message: string }): string[] {
    const isFault = name === 'ImplementationFault' || name === 'RealTimeError';
    if (isFault) {
      if (message.startsWith('Election Safety'))
        return [...this.#silence(), ...this.#votes(message), ...this.#messages.describeLowTerms()];
      return message.startsWith('One vote per term') ? this.#messages.describeLowTerms() : [];
    }
    return [
      ...this.#unansweredCalls(),
      ...this.#emptyAnswers(),
      ...this.#silence(),
      ...this.#places.explain(message),
      ...this.#earlyCommit(message),
      ...this.#votes(message),
      ...this.#messages.describeLowTerms(),
      ...this.#overlap.remarks(),
      ...this.#emptyRestarts(),
    ];
  }

  /** Which servers were known to store the entry that the failure is about, when it was first applied. */
  #earlyCommit(message: string): string[] {
    const index = this.#places.indexOf(message);
    return index === undefined ? [] : this.#commits.explain(index, this.#places.leadersAt(index));
  }

  /** Who voted for whom in the term that the message names; without a leader, in the last term. */
  #votes(message: string): string[] {
    const [headline = ''] = message.split('\n');
    if (!/leader|election|led term/i.test(headline)) return [];
    const named = /\bterm (\d+)/.exec(headline)?.[1];
    const isNoLeader = /expected (one|a) leader|no leader/.test(headline);
    const term =
      named === undefined ? (isNoLeader ? this.#messages.lastVotedTerm : undefined) : Number(named);
    const votes = term === undefined ? undefined : this.#messages.describeVotes(term);
    return votes === undefined ? [] : [votes];
  }

  #unansweredCalls(): string[] {
    const old = [...this.#pending].filter(({ since }) => this.#now() - since > longUnansweredMs);
    const servers = [...new Set(old.map(({ server }) => server))].toSorted((a, b) => a - b);
    return servers.map((server) => {
      const [first, ...more] = old.filter((call) => call.server === server);
      const others = more.length === 0 ? '' : `, nor ${more.length} other calls`;
      return `server ${server} has not answered ${first?.method} since ${ms(first?.since ?? 0)}${others}: its handler never returns`;
    });
  }

  #emptyAnswers(): string[] {
    return [...this.#refused.values()].map(({ count, last: { server, method, since } }) => {
      const calls = count === 1 ? '' : `${count} calls, the last of them `;
      return `server ${server} gave no answer to ${calls}${method} at ${ms(since)}: its handler returned undefined`;
    });
  }

  #silence(): string[] {
    if (!this.#watchesRaft) return [];
    if (this.#callCount === 0) return ['no server has called any other: an election needs RequestVote calls'];
    if (this.#places.acceptedCount > 0 && !this.#places.hasApplied && this.#applied.size === 0) {
      return [
        `${this.#places.acceptedCount} commands were accepted by start, but nothing was ever given to applyCh`,
      ];
    }
    return [];
  }

  /** Servers that were restarted with nothing, although they had sent a term before. */
  #emptyRestarts(): string[] {
    const empty = this.#starts.filter(
      ({ server, at, persistedBytes }) => persistedBytes === 0 && this.#messages.termBefore(server, at) > 0,
    );
    const [first] = empty;
    if (first === undefined) return [];
    const servers = [...new Set(empty.map(({ server }) => server))].toSorted((a, b) => a - b);
    const who = servers.length === 1 ? `server ${first.server} was` : `servers ${servers.join(', ')} were`;
    return [`${who} restarted (first at ${ms(first.at)}) and found no Raft state: nothing had been saved`];
  }
}

function expectNothing(broken: BrokenRule | undefined): void {
  if (broken !== undefined) throw new ImplementationFault(broken.message, { property: broken.property });
}

function ms(at: number): string {
  return `${at.toFixed(3)} ms`;
}
