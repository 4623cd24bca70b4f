// Ghost state, which no server has: all entries that the cluster has chosen, and the durable content of each storage.
import { LogOutline, nothingStored, type StoredState, type WriteBatch } from '@raftlab/storage';
import type { EntryKind, HardState, LogIndex, Membership, ServerId, Term } from '@raftlab/protocol';

export interface Chosen {
  readonly term: Term;
  /** Undefined if the first server that committed it had only a snapshot of it. */
  readonly kind: EntryKind | undefined;
  /** The term of the server that first committed it: later leaders must have it (§5.4.3). */
  readonly committedInTerm: Term;
}

/** The content of one server's storage after a crash at this moment. */
export class DurableImage {
  readonly #outline: LogOutline;
  #lastIndexBefore: LogIndex;

  constructor(stored: StoredState = nothingStored) {
    this.#outline = LogOutline.of(stored);
    this.#lastIndexBefore = this.#outline.lastIndex;
  }

  /** The last index before the last batch: only entries up to here can have been lost by it. */
  get lastIndexBefore(): LogIndex {
    return this.#lastIndexBefore;
  }

  get hardState(): HardState {
    return this.#outline.hardState;
  }

  get lastIncludedIndex(): LogIndex {
    return this.#outline.lastIncludedIndex;
  }

  get lastIndex(): LogIndex {
    return this.#outline.lastIndex;
  }

  /** The term at an index, including the snapshot's last index; undefined before it and after the last entry. */
  termAt(index: LogIndex): Term | undefined {
    const { lastIncludedIndex, lastIncludedTerm, lastIndex } = this.#outline;
    if (index === lastIncludedIndex) return lastIncludedTerm;
    return index > lastIncludedIndex && index <= lastIndex ? this.#outline.termAt(index) : undefined;
  }

  /** Whether the log or the snapshot contains the entry that was chosen at `index` with `term`. */
  holds(index: LogIndex, term: Term): boolean {
    return index < this.lastIncludedIndex || this.termAt(index) === term;
  }

  apply(batch: WriteBatch): void {
    this.#lastIndexBefore = this.#outline.lastIndex;
    this.#outline.apply(batch);
  }
}

/** State that no server has, for the checks of one cluster. */
export class Ghost {
  readonly membership: Membership;
  /** By server, for every member. */
  readonly durable: Map<ServerId, DurableImage>;
  /** The servers that have lost their storage, with the term that was durable there the last time. */
  readonly wipedIn: Map<ServerId, Term> = new Map<ServerId, Term>();
  /** The first server that became leader, by term. */
  readonly leaderOf: Map<Term, ServerId> = new Map<Term, ServerId>();
  /** The chosen entries, by index; none at 0. An entry is chosen when the first server commits it. */
  readonly chosen: Chosen[] = [{ term: 0, kind: undefined, committedInTerm: 0 }];

  constructor(membership: Membership) {
    this.membership = membership;
    this.durable = new Map(membership.members.map((server) => [server, new DurableImage()]));
  }

  imageOf(server: ServerId): DurableImage {
    const image = this.durable.get(server);
    if (image === undefined)
      throw new RangeError(`server ${server} is not a member; the members are ${this.membership.describe()}`);
    return image;
  }

  get lastChosenIndex(): LogIndex {
    return this.chosen.length - 1;
  }

  /** Whether the chosen entry at `index` would survive a crash of all servers, on a majority of the voters. */
  isOnMajority(index: LogIndex): boolean {
    const term = this.chosen[index]?.term ?? 0;
    const { voters } = this.membership;
    let count = 0;
    for (const voter of voters) if (this.imageOf(voter).holds(index, term)) count += 1;
    // Counted here, so that a wrong quorum of the cluster under test is noticed.
    return count * 2 > voters.size;
  }

  /** The servers on which the chosen entry at `index` would survive a crash of all servers. */
  holdersOf(index: LogIndex): ReadonlySet<ServerId> {
    const term = this.chosen[index]?.term ?? 0;
    const holders = new Set<ServerId>();
    for (const [server, image] of this.durable) if (image.holds(index, term)) holders.add(server);
    return holders;
  }
}
