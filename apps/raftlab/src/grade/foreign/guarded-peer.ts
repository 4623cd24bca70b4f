// One peer of a learner's implementation, and its environment. Every call in either direction passes through here: its
// values are checked, and an error fails the test with a message.
import type {
  ApplyMsg,
  BoundMethod,
  ClientEnd,
  Clock,
  LabPersister,
  Make,
  Method,
  PeerEnvironment,
  Service,
  Timer,
} from '@raftlab/test-harness/learner';
import type { RaftEnvironment, RaftHandle } from '@raftlab/test-harness';
import { whatIsWrong, type AnswerKind } from './answer-shapes.ts';
import type { BlackBoxChecks } from './black-box-checks.ts';
import type { CallStorm } from './call-storm.ts';
import { errorText, ImplementationFault } from './implementation-fault.ts';
import type { SourceFiles } from '../../threads/source-files.ts';

/** Pending work of a killed peer may end within this time; later it must not start anything. */
export const killGraceMs = 1000;

/** State that the peers of one test share. */
export interface GuardedTest {
  readonly sources: SourceFiles;
  readonly checks: BlackBoxChecks;
  readonly storm: CallStorm;
  /** Milliseconds since the test began. */
  clockMs(): number;
  /** Called before the implementation's code runs for this server. */
  enter(server: number): void;
  /** Fails the test. */
  fail(fault: Error): void;
}

export class GuardedPeer implements RaftHandle {
  readonly service: Service;
  readonly #test: GuardedTest;
  readonly #environment: RaftEnvironment;
  readonly #peer: RaftHandle;
  #killedAt: number | undefined;

  constructor(make: Make, environment: RaftEnvironment, test: GuardedTest) {
    this.#environment = environment;
    this.#test = test;
    test.checks.onMake(environment.me, environment.persister.raftStateSize());
    const peer = this.#run('make', () => make(this.#guardedEnvironment()));
    this.#expectShape('make', peer);
    this.#peer = peer;
    this.#expectShape('service', peer.service);
    this.service = this.#guardedService(peer.service);
  }

  start(command: unknown): ReturnType<RaftHandle['start']> {
    const started = this.#run('start', () => this.#peer.start(command));
    this.#expectShape('start', started);
    this.#test.checks.onState(this.#environment.me, started);
    if (started.isLeader) this.#test.checks.onAccepted(this.#environment.me, started.index ?? 0);
    return started;
  }

  getState(): { term: number; isLeader: boolean } {
    const state = this.#run('getState', () => this.#peer.getState());
    this.#expectShape('getState', state);
    this.#test.checks.onState(this.#environment.me, state);
    return state;
  }

  snapshot(index: number, data: Uint8Array): void {
    this.#run('snapshot', () => this.#peer.snapshot(index, data));
  }

  /** Never throws: the tester must be able to kill the other servers too. */
  kill(): void {
    this.#killedAt ??= this.#environment.clock.now();
    try {
      this.#run('kill', () => this.#peer.kill());
    } catch {
      // It has failed the test already.
    }
  }

  /** Runs the implementation's code; an error fails the test and is passed on to the caller. */
  #run<T>(what: string, code: () => T): T {
    this.#test.enter(this.#environment.me);
    try {
      return code();
    } catch (thrown) {
      throw thrown instanceof ImplementationFault
        ? thrown
        : this.#fail(`${what} threw ${errorText(thrown)}`, thrown);
    }
  }

  #expectShape(kind: AnswerKind, value: unknown): void {
    const wrong = whatIsWrong(kind, value);
    if (wrong === undefined) return;
    throw this.#fail(kind === 'service' ? `the peer's service is ${wrong}` : `${kind} returned ${wrong}`);
  }

  /** Fails the test, with the line where `cause` was thrown, if it is known. */
  #fail(what: string, cause?: unknown): ImplementationFault {
    const location = this.#test.sources.locationOf(cause);
    const fault = new ImplementationFault(
      `server ${this.#environment.me}: ${what}${location === undefined ? '' : ` (${location})`}`,
      { cause },
    );
    this.#test.fail(fault);
    return fault;
  }

  /** Fails the test, with the line of the call, if the peer was killed more than killGraceMs ago. */
  #expectAlive(what: string): void {
    if (this.#killedAt === undefined) return;
    const sinceMs = this.#environment.clock.now() - this.#killedAt;
    if (sinceMs <= killGraceMs) return;
    const late = new Error(what);
    throw this.#fail(
      `it ${what} ${Math.round(sinceMs)} ms after it was killed; kill must end its loops and timers`,
      late,
    );
  }

  #guardedEnvironment(): PeerEnvironment {
    const { me, random, peers, onError } = this.#environment;
    return {
      me,
      random,
      onError,
      peers: peers.map((end, to) => this.#guardedEnd(end, to)),
      persister: this.#guardedPersister(),
      applyCh: (message) => this.#onApply(message),
      clock: this.#guardedClock(),
    };
  }

  #onApply(message: ApplyMsg): void | Promise<void> {
    this.#expectAlive('still applies');
    const wrong = whatIsWrong('applyCh', message);
    if (wrong !== undefined) throw this.#fail(`applyCh was given ${wrong}`, new Error('applyCh'));
    const index = message.commandValid ? message.commandIndex : message.snapshotIndex;
    this.#test.checks.onApplied(this.#environment.me, index);
    return this.#environment.applyCh(message);
  }

  #guardedPersister(): LabPersister {
    const { persister } = this.#environment;
    return {
      save: (raftState: unknown, snapshot: unknown) => {
        if (raftState instanceof Uint8Array && snapshot instanceof Uint8Array) {
          persister.save(raftState, snapshot);
          return;
        }
        const which = raftState instanceof Uint8Array ? 'snapshot' : 'Raft state';
        throw this.#fail(
          `persister.save takes two Uint8Arrays, the Raft state and the snapshot (persister.readSnapshot() if it ` +
            `does not change); the ${which} is not one`,
          new Error('save'),
        );
      },
      readRaftState: () => persister.readRaftState(),
      readSnapshot: () => persister.readSnapshot(),
      raftStateSize: () => persister.raftStateSize(),
      snapshotSize: () => persister.snapshotSize(),
    };
  }

  #guardedClock(): Clock {
    const { clock } = this.#environment;
    const guarded = (what: string, callback: () => void) => (): void => {
      try {
        this.#run(what, callback);
      } catch {
        // It has failed the test already.
      }
    };
    return {
      now: () => clock.now(),
      setTimer: (delayMs, callback): Timer => {
        this.#expectAlive('sets a timer');
        return clock.setTimer(delayMs, guarded('a timer', callback));
      },
      sleep: (delayMs, signal) => {
        this.#expectAlive('goes to sleep');
        return clock.sleep(delayMs, signal);
      },
      defer: (callback) => clock.defer(guarded('a deferred callback', callback)),
      breathe: () => clock.breathe(),
      watch: (promise, describe) => clock.watch(promise, describe),
    };
  }

  #guardedEnd(end: ClientEnd, to: number): ClientEnd {
    const methods = new WeakMap<object, unknown>();
    const { checks, storm } = this.#test;
    return {
      call: <Args, Reply>(method: Method<Args, Reply>, args: Args) => {
        checks.onCall();
        const place = { from: this.#environment.me, to, method: method.name };
        if (storm.onCall(place, this.#test.clockMs())) {
          this.#fail(storm.describe());
          // Any answer would go on with the exchange.
          return new Promise<never>(() => {});
        }
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the guarded method is made from this very method
        const known = methods.get(method) as Method<Args, Reply> | undefined;
        const guarded = known ?? this.#guardedMethod(method);
        if (known === undefined) methods.set(method, guarded);
        const result = end.call(guarded, args);
        result.then(
          (settled) => storm.onResult(place, settled.ok ? settled.reply : undefined),
          () => {}, // The network reports it.
        );
        return result;
      },
    };
  }

  /** Guards the codec, since only its stack trace contains the line that sent an unserializable value. */
  #guardedMethod<Args, Reply>(method: Method<Args, Reply>): Method<Args, Reply> {
    const wrong = whatIsWrong('method', method);
    if (wrong !== undefined) throw this.#fail(`call was given ${wrong}`, new Error('call'));
    const { args } = method;
    return {
      ...method,
      args: {
        ...args,
        encode: (value) => {
          try {
            return args.encode(value);
          } catch (thrown) {
            throw this.#fail(`a call cannot be sent: ${errorText(thrown)}`, thrown);
          }
        },
      },
    };
  }

  #guardedService({ name, methods }: Service): Service {
    return {
      name,
      methods: new Map([...methods].map(([key, method]) => [key, this.#guardedHandler(method)])),
    };
  }

  #guardedHandler(method: BoundMethod): BoundMethod {
    const { me } = this.#environment;
    return {
      name: method.name,
      dispatch: (argsBytes) => {
        this.#test.enter(me);
        const fail = (thrown: unknown): never => {
          throw this.#fail(`the handler of ${method.name} threw ${errorText(thrown)}`, thrown);
        };
        let answer: ReturnType<BoundMethod['dispatch']>;
        try {
          answer = method.dispatch(argsBytes);
        } catch (thrown) {
          return fail(thrown);
        }
        const { checks } = this.#test;
        const checked = (reply: Awaited<typeof answer>): typeof reply => {
          if (reply === undefined && this.#killedAt === undefined) checks.onNoAnswer(me, method.name);
          return reply;
        };
        if (!(answer instanceof Promise)) return checked(answer);
        return answer.then(checked, fail).finally(checks.onRequest(me, method.name));
      },
    };
  }
}
