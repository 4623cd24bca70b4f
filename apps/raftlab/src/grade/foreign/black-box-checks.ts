// Checks of a cluster whose internal state is unknown: results that violate a property of Raft, and observations that may explain
// a failure. They use only the calls of the tester.
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
  /** The highest index that each server has applied, including before crashes. */
  readonly #applied = new Map<number, number>();
  readonly #starts: Start[] = [];
  readonly #pending = new Set<PendingCall>();
  /** By server: how many handler calls returned undefined, and the last of them. */
  readonly #refused = new Map<number, { count: number; last: PendingCall }>();
  #callCount = 0;
  #acceptedCount = 0;

  /** `watchesRaft`: false when the implementation's service runs on our Raft. */
  constructor(now: () => number, { watchesRaft }: { watchesRaft: boolean }) {
    this.#now = now;
    this.#watchesRaft = watchesRaft;
    this.#messages = new MessageFacts(now);
  }

  onMake(server: number, persistedBytes: number): void {
    this.#starts.push({ server, at: this.#now(), persistedBytes });
    this.#messages.onStart(server, persistedBytes);
  }

  /** Election Safety (Figure 3), for the leaders that the tester sees. */
  onState(server: number, { term, isLeader }: { term: number; isLeader: boolean }): void {
    if (!isLeader) return;
    this.#onLeader(term, { server, at: this.#now(), sign: 'reported' });
    expectNothing(this.#messages.onLeader(server, term));
  }

  /** Throws an ImplementationFault if the request breaks a rule of the paper. */
  onRequestSent(request: SentRequest): void {
    this.#callCount += 1;
    expectNothing(this.#messages.onRequest(request));
    const term = this.#messages.ledTermOf(request);
    if (term === undefined) return;
    const { from: server, method } = request;
    this.#onLeader(term, { server, at: this.#now(), sign: `sent ${method}` });
  }

  /** Throws an ImplementationFault if the reply breaks a rule of the paper. */
  onReplyArrived(request: SentRequest, reply: unknown): void {
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

  /** Leader Completeness (Figure 3), for entries that the same server has applied: they must stay in its log or snapshot. */
  onAccepted(server: number, index: number): void {
    this.#acceptedCount += 1;
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

  onApplied(server: number, index: number): void {
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

  /** Observations at this moment, one line each. */
  remarks(): string[] {
    return [
      ...this.#unansweredCalls(),
      ...this.#emptyAnswers(),
      ...this.#silence(),
      ...this.#emptyRestarts(),
    ];
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
    if (this.#acceptedCount > 0 && this.#applied.size === 0) {
      return [
        `${this.#acceptedCount} commands were accepted by start, but nothing was ever given to applyCh`,
      ];
    }
    return [];
  }

  #emptyRestarts(): string[] {
    const seen = new Set<number>();
    return this.#starts.flatMap(({ server, at, persistedBytes }) => {
      const isRestart = seen.has(server);
      seen.add(server);
      return isRestart && persistedBytes === 0
        ? [`server ${server} was restarted at ${ms(at)} and found no Raft state: nothing had been saved`]
        : [];
    });
  }
}

function expectNothing(broken: BrokenRule | undefined): void {
  if (broken !== undefined) throw new ImplementationFault(broken.message, { property: broken.property });
}

function ms(at: number): string {
  return `${at.toFixed(3)} ms`;
}
