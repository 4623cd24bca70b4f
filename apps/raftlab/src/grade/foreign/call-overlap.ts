// Whether a server calls the others at the same time, or one after the other: then a call to a server that is down holds up all others.

/** A call that took longer than this, in ms of the test, has held up the others noticeably. */
const slowCallMs = 1000;
/** Fewer calls prove nothing. */
const callsMin = 4;

interface Caller {
  readonly peers: Set<number>;
  callCount: number;
  underWay: number;
  mostUnderWay: number;
  /** The call that took the longest. */
  slowest: { readonly method: string; readonly to: number; readonly ms: number } | undefined;
  /** By call under way: when it began. */
  readonly began: Map<object, { readonly method: string; readonly to: number; readonly at: number }>;
}

export class CallOverlap {
  /** Milliseconds since the test began. */
  readonly #now: () => number;
  readonly #callers = new Map<number, Caller>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A call begins; the returned function must be called when it ends. */
  onCall({
    from,
    to,
    method,
  }: {
    readonly from: number;
    readonly to: number;
    readonly method: string;
  }): () => void {
    const caller = this.#callers.get(from) ?? newCaller();
    this.#callers.set(from, caller);
    const call = {};
    caller.peers.add(to);
    caller.callCount += 1;
    caller.underWay += 1;
    caller.mostUnderWay = Math.max(caller.mostUnderWay, caller.underWay);
    caller.began.set(call, { method, to, at: this.#now() });
    return () => {
      caller.underWay -= 1;
      this.#noteEnd(caller, call);
    };
  }

  /** One line for the server whose calls waited the longest for each other; none if no server calls one after the other. */
  remarks(): string[] {
    const found = [...this.#callers].flatMap(([server, caller]) => {
      for (const call of caller.began.keys()) this.#noteEnd(caller, call, { isOver: false });
      const { peers, callCount, mostUnderWay, slowest } = caller;
      const isSequential = peers.size > 1 && callCount >= callsMin && mostUnderWay === 1;
      return isSequential && slowest !== undefined && slowest.ms >= slowCallMs
        ? [{ server, ...slowest }]
        : [];
    });
    const [worst] = found.toSorted((a, b) => b.ms - a.ms);
    if (worst === undefined) return [];
    const { server, method, to, ms } = worst;
    return [
      `server ${server} calls one server after the other: it never had two calls under way, and its ${method} to server ${to} ` +
        `took ${Math.round(ms)} ms, while the others waited for their turn; begin all calls before the first await`,
    ];
  }

  #noteEnd(caller: Caller, call: object, { isOver } = { isOver: true }): void {
    const began = caller.began.get(call);
    if (began === undefined) return;
    if (isOver) caller.began.delete(call);
    const { method, to, at } = began;
    const ms = this.#now() - at;
    if (ms > (caller.slowest?.ms ?? -1)) caller.slowest = { method, to, ms };
  }
}

function newCaller(): Caller {
  return {
    peers: new Set(),
    callCount: 0,
    underWay: 0,
    mostUnderWay: 0,
    slowest: undefined,
    began: new Map(),
  };
}
