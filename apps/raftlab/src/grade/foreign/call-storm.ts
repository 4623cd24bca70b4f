// Detects servers that call each other endlessly while no time passes, for example a leader that immediately repeats a refused
// call. In virtual time a reliable call takes no time, so such an exchange never ends and the clock never moves.
import { fieldOf } from './message-fields.ts';

/** The maximum number of calls at one moment of the test: more than most tests have in total. */
export const callsPerMomentMax = 50_000;

/** The number of characters of a reply that are shown. */
const answerLengthMax = 120;

/** One call from server to server. */
export interface CallPlace {
  readonly from: number;
  readonly to: number;
  readonly method: string;
}

interface Exchange {
  readonly place: CallPlace;
  count: number;
  /** The arguments and the result of the last call that has ended. */
  last?: { readonly args: unknown; readonly result: unknown };
}

/** Counts the calls of one test at the present moment of its clock. */
export class CallStorm {
  #at = Number.NaN;
  #count = 0;
  readonly #exchanges = new Map<string, Exchange>();

  /** Whether there are more calls at this moment than callsPerMomentMax. */
  onCall(place: CallPlace, now: number): boolean {
    if (now !== this.#at) {
      this.#at = now;
      this.#count = 0;
      this.#exchanges.clear();
    }
    this.#count += 1;
    this.#exchangeOf(place).count += 1;
    return this.#count > callsPerMomentMax;
  }

  /** A call has ended; `result` is undefined without a reply. */
  onResult(place: CallPlace, call: { readonly args: unknown; readonly result: unknown }): void {
    this.#exchangeOf(place).last = call;
  }

  /** The repetition as lines: the most frequent call, with its last reply, and the number of the other calls. */
  describe(): string {
    const [most, ...others] = [...this.#exchanges.values()].toSorted((a, b) => b.count - a.count);
    const more = others.filter(({ count }) => count > 1).length;
    const lines = [
      `${this.#count} calls at ${this.#at.toFixed(3)} ms, and no time has passed between them: a call is repeated at once, without a pause`,
    ];
    if (most === undefined) return lines.join('\n');
    const { place, count, last } = most;
    lines.push(
      `server ${place.from} called ${place.method} of server ${place.to} ${count} times; the last answer was ${shown(last?.result)}`,
      ...stepDownHint(place, last),
    );
    if (more > 0) lines.push(`${more} other kinds of calls were repeated too`);
    return lines.join('\n');
  }

  #exchangeOf(place: CallPlace): Exchange {
    const key = `${place.from} ${place.to} ${place.method}`;
    let exchange = this.#exchanges.get(key);
    if (exchange === undefined) this.#exchanges.set(key, (exchange = { place, count: 0 }));
    return exchange;
  }
}

/** A leader or candidate that is told a higher term must not repeat its call (§5.1). */
function stepDownHint({ from }: CallPlace, last: Exchange['last']): string[] {
  const [sent, answered] = [fieldOf(last?.args, 'term'), fieldOf(last?.result, 'term')];
  if (typeof sent !== 'number' || typeof answered !== 'number' || answered <= sent) return [];
  return [
    `its call has term ${sent}, and the answer the higher term ${answered}: server ${from} must become a follower in it, and stop calling`,
  ];
}

function shown(result: unknown): string {
  const text = result === undefined ? 'none' : JSON.stringify(result);
  return text.length > answerLengthMax ? `${text.slice(0, answerLengthMax)}…` : text;
}
