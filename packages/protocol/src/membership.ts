// The servers that take part in consensus. All production code computes majorities here; only the reference model of the tests
// has its own computation, because it must not share a mistake with this one.
import { z } from 'zod';
import { tupleCodec, type Codec } from '@raftlab/rpc';
import { serverIdSchema, type ServerId } from './server-id.ts';

/** The maximum number of members: more than any cluster has, and few enough to compare all pairs. */
const membersMax = 1000;

/**
 * The members of a cluster: a configuration in the thesis (chapter 4). Immutable. Servers are always in
 * ascending order, so that every server iterates over them in the same order.
 */
export class Membership {
  /** The servers that vote, and whose copies of an entry count towards its commit. Never empty. */
  readonly voters: ReadonlySet<ServerId>;
  /** Servers that receive the log but neither vote, nor campaign, nor count (non-voting members, thesis 4.2.1). */
  readonly learners: ReadonlySet<ServerId>;
  /** Voters and learners together. */
  readonly members: readonly ServerId[];
  readonly #quorumSize: number;
  /** The values of a call of `quorumValue`, one for each voter: a list that is made once, since it is called at every step. */
  readonly #values: number[];

  /** Throws RangeError if there is no voter, an id is not a `ServerId`, or a server is listed twice. */
  constructor(voters: Iterable<ServerId>, learners: Iterable<ServerId> = []) {
    const [voterIds, learnerIds] = [[...voters], [...learners]];
    const problem = problemOf(voterIds, learnerIds);
    if (problem !== undefined) throw new RangeError(problem);
    this.voters = new Set(voterIds.toSorted(ascending));
    this.learners = new Set(learnerIds.toSorted(ascending));
    this.members = [...voterIds, ...learnerIds].toSorted(ascending);
    this.#quorumSize = Math.floor(voterIds.length / 2) + 1;
    this.#values = voterIds.map(() => 0);
  }

  /** The voters 0 to `count` - 1 and no learners: the lab's servers, whose ids are their positions. */
  static ofSize(count: number): Membership {
    return new Membership(Array.from({ length: count }, (_, position) => position));
  }

  /** Whether the server is a member, as voter or as learner. */
  has(server: ServerId): boolean {
    return this.voters.has(server) || this.learners.has(server);
  }

  /** All members except `me`. */
  others(me: ServerId): ServerId[] {
    return this.members.filter((server) => server !== me);
  }

  /** Whether these servers include a majority of the voters (§5.2). Ids of learners and of non-members do not count. */
  isQuorum(servers: ReadonlySet<ServerId>): boolean {
    let count = 0;
    for (const voter of this.voters) if (servers.has(voter)) count += 1;
    return count >= this.#quorumSize;
  }

  /**
   * The highest value (a log index, a time) that a majority of the voters has reached (Figure 2, Leaders 4), given the value
   * of each voter. Values are compared as numbers. `valueOf` must not call it in turn.
   */
  quorumValue(valueOf: (voter: ServerId) => number): number {
    const values = this.#values;
    let offset = 0;
    for (const voter of this.voters) values[offset++] = valueOf(voter);
    // There are few values, and this runs after every acknowledgement: comparing all pairs is faster than sorting.
    let highest = -Infinity;
    for (const candidate of values) {
      if (candidate > highest && countAtLeast(values, candidate) >= this.#quorumSize) highest = candidate;
    }
    return highest;
  }

  /** The members in words, e.g. `voters 0, 1, 2; learners 3`. */
  describe(): string {
    const voters = `voters ${[...this.voters].join(', ')}`;
    return this.learners.size === 0 ? voters : `${voters}; learners ${[...this.learners].join(', ')}`;
  }
}

function countAtLeast(values: readonly number[], least: number): number {
  let count = 0;
  for (const value of values) if (value >= least) count += 1;
  return count;
}

function ascending(a: ServerId, b: ServerId): number {
  return a - b;
}

/** Why these servers are not a valid membership; undefined if they are. */
function problemOf(voters: readonly ServerId[], learners: readonly ServerId[]): string | undefined {
  const members = [...voters, ...learners];
  const invalid = members.find((server) => !serverIdSchema.safeParse(server).success);
  if (invalid !== undefined) return `a server id is an integer from 0 to 65,535, got ${invalid}`;
  if (voters.length === 0) return 'a membership needs at least one voter, got none';
  if (members.length > membersMax)
    return `a membership has at most ${membersMax} members, got ${members.length}`;
  const repeated = members.find((server, offset) => members.indexOf(server) !== offset);
  return repeated === undefined ? undefined : `server ${repeated} is listed twice among the members`;
}

const membershipSchema = z
  .strictObject({ voters: z.array(serverIdSchema), learners: z.array(serverIdSchema) })
  .superRefine(({ voters, learners }, context) => {
    const problem = problemOf(voters, learners);
    if (problem !== undefined) context.addIssue(problem);
  })
  .transform(({ voters, learners }) => new Membership(voters, learners));

/** A membership as bytes: for the configuration entries of the log and for snapshots (thesis 4.1). */
export const membershipCodec: Codec<Membership> = tupleCodec('Membership', membershipSchema, {
  toTuple: ({ voters, learners }) => [[...voters], [...learners]],
  fromTuple: (tuple) => (tuple.length === 2 ? { voters: tuple[0], learners: tuple[1] } : undefined),
});
