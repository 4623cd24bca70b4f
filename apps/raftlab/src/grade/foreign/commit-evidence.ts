// Which servers were known to store an entry when a server first applied it: a leader may commit only what a majority stores
// (§5.3). Known from AppendEntries and InstallSnapshot, if they have the fields of Figures 2 and 13.
import { fieldOf } from './message-fields.ts';
import { messageName, type SentRequest } from './message-facts.ts';

/** A reply with success: the follower's log is that of the leader up to the index. */
interface Acknowledgement {
  readonly leader: number;
  readonly term: number;
  readonly index: number;
  readonly at: number;
}

interface Application {
  readonly server: number;
  readonly at: number;
  /** The followers that had acknowledged the index by then. */
  readonly acknowledged: readonly (Acknowledgement & { readonly follower: number })[];
}

export class CommitEvidence {
  /** Milliseconds since the test began. */
  readonly #now: () => number;
  readonly #servers = new Set<number>();
  /** By follower, the last acknowledgement with the highest index: servers forget nothing that they have acknowledged. */
  readonly #acknowledgements = new Map<number, Acknowledgement>();
  /** By index: its first application by any server. */
  readonly #first = new Map<number, Application>();

  constructor(now: () => number) {
    this.#now = now;
  }

  onStart(server: number): void {
    this.#servers.add(server);
  }

  /** A reply has reached the sender of the request. */
  onReply(request: SentRequest, reply: unknown): void {
    const index = acknowledgedIndex(request, reply);
    const term = fieldOf(request.args, 'term');
    if (index === undefined || typeof term !== 'number') return;
    const known = this.#acknowledgements.get(request.to);
    if (known !== undefined && known.index >= index) return;
    this.#acknowledgements.set(request.to, { leader: request.from, term, index, at: this.#now() });
  }

  onApplied(server: number, index: number): void {
    if (this.#first.has(index)) return;
    const acknowledged = [...this.#acknowledgements]
      .filter(([, acknowledgement]) => acknowledgement.index >= index)
      .map(([follower, acknowledgement]) => ({ follower, ...acknowledgement }));
    this.#first.set(index, { server, at: this.#now(), acknowledged });
  }

  /**
   * Lines about the first application of an index; none if it was not applied, if a majority was known to store it, or if no
   * message shows what followers store. `leaders`: the servers that accepted a command at the index, and when.
   */
  explain(index: number, leaders: readonly { readonly server: number; readonly at: number }[]): string[] {
    const application = this.#first.get(index);
    if (application === undefined || this.#acknowledgements.size === 0) return [];
    const { server, at, acknowledged } = application;
    const holders = new Set([
      server,
      ...leaders.filter((leader) => leader.at <= at).map((leader) => leader.server),
      ...acknowledged.flatMap(({ follower, leader }) => [follower, leader]),
    ]);
    const serverCount = this.#servers.size;
    const majority = Math.floor(serverCount / 2) + 1;
    if (holders.size >= majority) return [];
    const replies = acknowledged.map(
      ({ follower, leader, term, at: repliedAt }) =>
        `server ${follower} to server ${leader} in term ${term} (${ms(repliedAt)})`,
    );
    return [
      `server ${server} was the first to apply index ${index} (${ms(at)}); replies with success to a message that reaches this index ` +
        `had arrived by then: ${replies.length === 0 ? 'none' : replies.join(', ')}`,
      `so at most ${holders.size} of ${serverCount} servers were known to store it (${listOf(holders)}); a leader may commit an entry ` +
        `when a majority stores it, ${majority} of ${serverCount}`,
    ];
  }
}

/** The last index that the reply confirms. */
function acknowledgedIndex(request: SentRequest, reply: unknown): number | undefined {
  const { args } = request;
  const name = messageName(request);
  if (name === 'installsnapshot') {
    const isCurrent = fieldOf(reply, 'term') === fieldOf(args, 'term');
    const index = fieldOf(args, 'lastincludedindex');
    return isCurrent && typeof index === 'number' ? index : undefined;
  }
  if (name !== 'appendentries' || fieldOf(reply, 'success') !== true) return undefined;
  const [prevLogIndex, entries] = [fieldOf(args, 'prevlogindex'), fieldOf(args, 'entries')];
  return typeof prevLogIndex === 'number' && Array.isArray(entries)
    ? prevLogIndex + entries.length
    : undefined;
}

function listOf(servers: ReadonlySet<number>): string {
  return [...servers].toSorted((a, b) => a - b).join(', ');
}

function ms(at: number): string {
  return `at ${at.toFixed(3)} ms`;
}
