// State that no server has: what the whole cluster has ever chosen, and what each server's storage would give back.
import type { StoredState, WriteBatch } from '@raftlab/storage';
import type { EntryKind, HardState, LogIndex, Membership, ServerId, Term } from '@raftlab/protocol';

export interface Chosen {
  readonly term: Term;
  /** Undefined where the first server to see it committed had only a snapshot of it. */
  readonly kind: EntryKind | undefined;
  /** The term of the server that first saw it committed: later leaders must have it (§5.4.3). */
  readonly committedInTerm: Term;
}

/** What a crash would leave of one server: its hard state and the terms of its log. */
export class DurableImage {
  hardState: HardState = { currentTerm: 0, votedFor: null };
  lastIncludedIndex: LogIndex = 0;
  lastIncludedTerm: Term = 0;
  #terms: Term[] = [];

  static of(stored: StoredState | undefined): DurableImage {
    const image = new DurableImage();
    if (stored === undefined) return image;
    const { hardState, snapshot, entries } = stored;
    image.apply({ hardState, ...(snapshot && { snapshot }) });
    image.apply({ log: { firstIndex: image.lastIncludedIndex + 1, entries } });
    return image;
  }

  get lastIndex(): LogIndex {
    return this.lastIncludedIndex + this.#terms.length;
  }

  termAt(index: LogIndex): Term | undefined {
    return index === this.lastIncludedIndex
      ? this.lastIncludedTerm
      : this.#terms[index - this.lastIncludedIndex - 1];
  }

  /** Whether the log or the snapshot holds the entry that was chosen at `index` with `term`. */
  holds(index: LogIndex, term: Term): boolean {
    return index < this.lastIncludedIndex || this.termAt(index) === term;
  }

  apply({ hardState, snapshot, log }: WriteBatch): void {
    if (hardState !== undefined) this.hardState = hardState;
    if (snapshot !== undefined) {
      this.#terms = this.#terms.slice(snapshot.lastIncludedIndex - this.lastIncludedIndex);
      this.lastIncludedIndex = snapshot.lastIncludedIndex;
      this.lastIncludedTerm = snapshot.lastIncludedTerm;
    }
    if (log !== undefined) {
      this.#terms.length = log.firstIndex - this.lastIncludedIndex - 1;
      for (const { term } of log.entries) this.#terms.push(term);
    }
  }
}

export class Ghost {
  readonly membership: Membership;
  /** By server, for every member. */
  readonly durable: Map<ServerId, DurableImage>;
  /** First server seen as leader, by term. */
  readonly leaderOf: Map<Term, ServerId> = new Map<Term, ServerId>();
  /** What was chosen, by index; nothing at 0. An entry is chosen when the first server sees it committed. */
  readonly chosen: Chosen[] = [{ term: 0, kind: undefined, committedInTerm: 0 }];

  constructor(membership: Membership) {
    this.membership = membership;
    this.durable = new Map(membership.members.map((server) => [server, new DurableImage()]));
  }

  imageOf(server: ServerId): DurableImage {
    const image = this.durable.get(server);
    if (image === undefined)
      throw new RangeError(`server ${server} is no member; the members are ${this.membership.describe()}`);
    return image;
  }

  get lastChosenIndex(): LogIndex {
    return this.chosen.length - 1;
  }

  /** The servers on which the chosen entry at `index` would survive a crash of all servers. */
  holdersOf(index: LogIndex): ReadonlySet<ServerId> {
    const term = this.chosen[index]?.term ?? 0;
    const holders = new Set<ServerId>();
    for (const [server, image] of this.durable) if (image.holds(index, term)) holders.add(server);
    return holders;
  }
}
