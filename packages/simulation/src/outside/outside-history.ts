// What the servers of a run have promised and applied. Every command of a run is proposed once, so that it has one index for ever.
import type { LogIndex, ServerId, Term } from '@raftlab/protocol';
import { show } from '@raftlab/trace';
import { OutsideViolation } from './outside-violation.ts';

interface Promised {
  readonly server: ServerId;
  readonly index: LogIndex;
  readonly term: Term;
  readonly atMs: number;
}

interface Applied {
  readonly command: unknown;
  readonly server: ServerId;
  readonly atMs: number;
}

/** Shared by all servers; its methods throw OutsideViolation. */
export class OutsideHistory {
  readonly #now: () => number;
  /** By command: what `start` returned. */
  readonly #promises = new Map<unknown, Promised>();
  /** By term and index: the command that was promised that place. */
  readonly #places = new Map<string, unknown>();
  /** By index: the command that a server applied first. */
  readonly #applied = new Map<LogIndex, Applied>();
  #lastApplied: LogIndex = 0;

  /** `now`: virtual ms since the run began. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The highest index that any server has applied. */
  get lastApplied(): LogIndex {
    return this.#lastApplied;
  }

  /** The leader of a term gives each index to one command. */
  onAccepted(
    server: ServerId,
    command: unknown,
    { index, term }: { readonly index: LogIndex; readonly term: Term },
  ): void {
    const place = `${term} ${index}`;
    if (this.#places.has(place)) {
      const other = this.#places.get(place);
      throw new OutsideViolation(
        'One command for each index of a term',
        `start of server ${server} returned index ${index} and term ${term} for command ${show(command)}, ` +
          `but it had returned them for ${show(other)} before${this.#promiseOf(other)}`,
      );
    }
    this.#places.set(place, command);
    this.#promises.set(command, { server, index, term, atMs: this.#now() });
  }

  /** All servers apply the same command at an index, and it is the one that was promised that index. */
  onApplied(server: ServerId, index: LogIndex, command: unknown): void {
    const known = this.#applied.get(index);
    if (known !== undefined && !Object.is(known.command, command)) {
      throw new OutsideViolation(
        'State Machine Safety',
        `server ${server} applied ${show(command)} at index ${index}, ` +
          `but server ${known.server} applied ${show(known.command)} there (${ms(known.atMs)})`,
      );
    }
    if (known !== undefined) return;
    const promised = this.#promises.get(command);
    if (promised?.index !== index) {
      throw new OutsideViolation(
        'Applied as promised',
        `server ${server} applied ${show(command)} at index ${index}` +
          (promised === undefined
            ? ', which start has accepted nowhere'
            : `, but start had promised index ${promised.index}${this.#promiseOf(command)}`),
      );
    }
    this.#applied.set(index, { command, server, atMs: this.#now() });
    this.#lastApplied = Math.max(this.#lastApplied, index);
  }

  #promiseOf(command: unknown): string {
    const promised = this.#promises.get(command);
    if (promised === undefined) return '';
    const { server, term, atMs } = promised;
    return ` (server ${server}, term ${term}, ${ms(atMs)})`;
  }
}

function ms(at: number): string {
  return `at ${at.toFixed(3)} ms`;
}
