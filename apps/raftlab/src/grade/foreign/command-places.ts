// Where the commands of a test were promised and applied: what explains that one was lost, or that two servers disagree.
import { isDeepStrictEqual } from 'node:util';
import { show } from '@raftlab/trace';

/** `start` of a server accepted a command. */
interface Promised {
  readonly server: number;
  readonly command: unknown;
  readonly index: number;
  readonly term: number;
  readonly at: number;
}

interface Applied {
  readonly servers: Set<number>;
  readonly command: unknown;
}

/** At most this many leaders of an index are listed. */
const listedMax = 4;
/** Of the places that a command was promised, the last ones. */
const placesMax = 2;
/** Refusals that last so long, in ms of the test, are more than an election. */
const longRefusalMs = 2000;

export class CommandPlaces {
  /** Milliseconds since the test began. */
  readonly #now: () => number;
  readonly #promised: Promised[] = [];
  /** By index: the different commands that were applied there. */
  readonly #applied = new Map<number, Applied[]>();
  /** By server, the highest index that it has applied, also before crashes; 0 for none. */
  readonly #highest = new Map<number, number>();
  #startCount = 0;
  /** Calls of `start` since the last one that accepted a command. */
  #refusedCount = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A server was started. */
  onServer(server: number): void {
    if (!this.#highest.has(server)) this.#highest.set(server, 0);
  }

  /** `start` was called; `place` is its result if the server accepted the command. */
  onStart(
    server: number,
    command: unknown,
    place: { readonly index: number; readonly term: number } | undefined,
  ): void {
    this.#startCount += 1;
    this.#refusedCount += 1;
    if (place === undefined) return;
    this.#refusedCount = 0;
    this.#promised.push({ server, command, ...place, at: this.#now() });
  }

  onApplied(server: number, index: number, command: unknown): void {
    this.#highest.set(server, Math.max(this.#highest.get(server) ?? 0, index));
    const here = this.#applied.get(index) ?? [];
    this.#applied.set(index, here);
    const same = here.find((applied) => isDeepStrictEqual(applied.command, command));
    if (same === undefined) here.push({ servers: new Set([server]), command });
    else same.servers.add(server);
  }

  get acceptedCount(): number {
    return this.#promised.length;
  }

  get hasApplied(): boolean {
    return this.#applied.size > 0;
  }

  /** Lines about the command or the index that the message of a failure names. */
  explain(message: string): string[] {
    const [, command] = /\bone\((.*)\) failed to reach agreement/.exec(message) ?? [];
    if (command !== undefined) return this.#fateOf(command);
    const index = this.indexOf(message);
    return index === undefined ? [] : this.#contentOf(index);
  }

  /** The index that the message of a failure is about; undefined if it names none. */
  indexOf(message: string): number | undefined {
    // The lab does not name the index: the tester has proposed nothing after it.
    if (/\bcommitted but no majority\b/.test(message)) return this.#promised.at(-1)?.index;
    // What is expected next says nothing about the command that came too early.
    if (/\bexpected index\b/.test(message)) return undefined;
    const index = /\bindex[ =](\d+)/.exec(message)?.[1];
    return index === undefined ? undefined : Number(index);
  }

  /** The servers whose `start` accepted a command at the index, and when. */
  leadersAt(index: number): readonly { readonly server: number; readonly at: number }[] {
    return this.#promised.filter((promised) => promised.index === index);
  }

  /** The places that `start` promised a command, and what is there. */
  #fateOf(text: string): string[] {
    const promised = this.#promised.filter(({ command }) => show(command) === text);
    if (promised.length === 0) {
      const what =
        this.#promised.length === 0
          ? `none of the ${this.#startCount} calls of start accepted a command`
          : 'no call of start accepted it';
      return [`${what}: no server said that it was the leader`];
    }
    const places = promised.slice(-placesMax);
    const indexes = [...new Set(places.map(({ index }) => index))];
    const unused = indexes.filter((index) => !this.#applied.has(index));
    const used = indexes.filter((index) => this.#applied.has(index));
    return [
      ...places.map(
        ({ server, index, term, at }) =>
          `start of server ${server} accepted it at index ${index} in term ${term} (${ms(at)})`,
      ),
      ...this.#refusalsSince(),
      ...(unused.length > 0
        ? [`no server has applied index ${unused.join(' or ')}; ${this.#progress()}`]
        : []),
      ...used.flatMap((index) => [this.#applicationAt(index), ...this.#laggards(index)]),
      ...this.#applicationsElsewhere(
        text,
        promised.map(({ index }) => index),
      ),
    ];
  }

  /** A leader that accepted a command may have been cut off since. */
  #refusalsSince(): string[] {
    const at = this.#promised.at(-1)?.at ?? 0;
    if (this.#refusedCount === 0 || this.#now() - at < longRefusalMs) return [];
    return [
      `all ${this.#refusedCount} calls of start since ${at.toFixed(3)} ms were refused: no server said that it was the leader`,
    ];
  }

  #progress(): string {
    const highest = Math.max(0, ...this.#applied.keys());
    return highest === 0 ? 'none has applied any' : `the highest index that was applied is ${highest}`;
  }

  /** The servers that have not come to an index that others have applied. */
  #laggards(index: number): string[] {
    const behind = [...this.#highest].filter(([, highest]) => highest < index).toSorted(([a], [b]) => a - b);
    if (behind.length === 0) return [];
    const words = behind.map(([server, highest]) => `server ${server} up to ${highest}`);
    return [`not yet by the others, which have applied: ${words.join(', ')}`];
  }

  #applicationAt(index: number): string {
    const here = this.#applied.get(index) ?? [];
    if (here.length === 0) return `no server has applied index ${index}; ${this.#progress()}`;
    const words = here.map(({ servers, command }) => `${show(command)} by ${serversText(servers)}`);
    return `index ${index} was applied: ${words.join('; ')}`;
  }

  #applicationsElsewhere(text: string, promised: readonly number[]): string[] {
    const elsewhere = [...this.#applied].filter(
      ([index, here]) => !promised.includes(index) && here.some(({ command }) => show(command) === text),
    );
    return elsewhere
      .slice(0, listedMax)
      .map(([index]) => `it was applied at index ${index}, which start did not promise`);
  }

  /** The leaders that accepted commands at an index: an entry is known by its index and its term. */
  #contentOf(index: number): string[] {
    const here = this.#promised.filter((promised) => promised.index === index).slice(-listedMax);
    const commands = new Set(here.map(({ command }) => show(command)));
    if (commands.size < 2 && (this.#applied.get(index)?.length ?? 0) < 1) {
      return here.map((promised) => acceptedText(promised));
    }
    return [...here.map((promised) => acceptedText(promised)), this.#applicationAt(index)];
  }
}

function acceptedText({ server, command, index, term, at }: Promised): string {
  return `index ${index}: ${show(command)} was accepted by server ${server} as leader of term ${term} (${ms(at)})`;
}

function serversText(servers: ReadonlySet<number>): string {
  const list = [...servers].toSorted((a, b) => a - b);
  return list.length === 1 ? `server ${list[0]} alone` : `servers ${list.join(', ')}`;
}

function ms(at: number): string {
  return `at ${at.toFixed(3)} ms`;
}
