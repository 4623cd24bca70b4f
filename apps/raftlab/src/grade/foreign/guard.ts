// The guard between the harness and one object of a learner's implementation, a peer, a server or a clerk: every call in either
// direction passes through it. Its values are checked, and an error fails the test with a message and the learner's line.
import type {
  BoundMethod,
  ClientEnd,
  Clock,
  LabPersister,
  Method,
  Service,
  Timer,
} from '@raftlab/test-harness/learner';
import { whatIsWrong, type AnswerKind } from './answer-shapes.ts';
import type { BlackBoxChecks } from './black-box-checks.ts';
import type { CallStorm } from './call-storm.ts';
import { errorText, ImplementationFault } from './implementation-fault.ts';
import type { SourceFiles } from '../../threads/source-files.ts';

/** Pending work of a killed object may end within this time; later it must not start anything. */
export const killGraceMs = 1000;

/** State that the guards of one test share. */
export interface GuardedTest {
  readonly sources: SourceFiles;
  readonly checks: BlackBoxChecks;
  readonly storm: CallStorm;
  /** Milliseconds since the test began. */
  clockMs(): number;
  /** Called before the implementation's code runs for this server; -1 for a clerk. */
  enter(server: number): void;
  /** Fails the test. */
  fail(fault: Error): void;
}

export interface GuardOptions {
  /** The number of the server; -1 for a clerk. */
  readonly server: number;
  readonly clock: Clock;
  readonly test: GuardedTest;
  /** False after a crash of the server. */
  readonly isRunning?: (() => boolean) | undefined;
}

export class Guard {
  readonly #options: GuardOptions;
  #killedAt: number | undefined;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** From now on the object may finish what it does, and nothing else. */
  onKill(): void {
    this.#killedAt ??= this.#options.clock.now();
  }

  /** Runs the implementation's code; an error fails the test and is passed on to the caller. */
  run<T>(what: string, code: () => T): T {
    this.#options.test.enter(this.#options.server);
    try {
      return code();
    } catch (thrown) {
      throw this.faultOf(what, thrown);
    }
  }

  /** Fails the test because `what` threw; a fault that was reported already stays the same. */
  faultOf(what: string, thrown: unknown): ImplementationFault {
    return thrown instanceof ImplementationFault
      ? thrown
      : this.fail(`${what} threw ${errorText(thrown)}`, thrown);
  }

  expectShape(kind: AnswerKind, value: unknown): void {
    const wrong = whatIsWrong(kind, value);
    if (wrong === undefined) return;
    throw this.fail(kind === 'service' ? `the peer's service is ${wrong}` : `${kind} returned ${wrong}`);
  }

  /** Fails the test, with the line where `cause` was thrown, if it is known. */
  fail(what: string, cause?: unknown): ImplementationFault {
    const { server, test } = this.#options;
    const location = test.sources.locationOf(cause);
    const fault = new ImplementationFault(
      `${server < 0 ? 'a clerk' : `server ${server}`}: ${what}${location === undefined ? '' : ` (${location})`}`,
      { cause },
    );
    test.fail(fault);
    return fault;
  }

  /** Fails the test, with the line of the call, if the object was killed more than killGraceMs ago. */
  expectAlive(what: string): void {
    if (this.#killedAt === undefined) return;
    const sinceMs = this.#options.clock.now() - this.#killedAt;
    if (sinceMs <= killGraceMs) return;
    const late = new Error(what);
    throw this.fail(
      `it ${what} ${Math.round(sinceMs)} ms after it was killed; kill must end its loops and timers`,
      late,
    );
  }

  /** The persister, which refuses what is no byte string. */
  persister(persister: LabPersister): LabPersister {
    return {
      save: (raftState: unknown, snapshot: unknown) => {
        if (raftState instanceof Uint8Array && snapshot instanceof Uint8Array) {
          persister.save(raftState, snapshot);
          return;
        }
        const which = raftState instanceof Uint8Array ? 'snapshot' : 'Raft state';
        throw this.fail(
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

  /** The clock, whose callbacks are guarded, and which reports what is begun after a kill. */
  clock(): Clock {
    const { clock } = this.#options;
    const guarded = (what: string, callback: () => void) => (): void => {
      try {
        this.run(what, callback);
      } catch {
        // It has failed the test already.
      }
    };
    return {
      now: () => clock.now(),
      setTimer: (delayMs, callback): Timer => {
        this.expectAlive('sets a timer');
        return clock.setTimer(delayMs, guarded('a timer', callback));
      },
      sleep: (delayMs, signal) => {
        this.expectAlive('goes to sleep');
        return clock.sleep(delayMs, signal);
      },
      defer: (callback) => clock.defer(guarded('a deferred callback', callback)),
      breathe: () => clock.breathe(),
      watch: (promise, describe) => clock.watch(promise, describe),
    };
  }

  /** The end from this peer to server `to`: as `end`, and an exchange of calls that never ends at one moment fails the test. */
  endToPeer(end: ClientEnd, to: number): ClientEnd {
    const checked = this.end(end);
    const { server: from, test } = this.#options;
    return {
      call: (method, args) => {
        const place = { from, to, method: method.name };
        if (test.storm.onCall(place, test.clockMs())) {
          this.fail(test.storm.describe());
          // Any answer would go on with the exchange.
          return new Promise<never>(() => {});
        }
        const result = checked.call(method, args);
        const request = { ...place, args };
        const onEnd = test.checks.onCall(place);
        if (this.#isAlive()) this.#check(() => test.checks.onRequestSent(request));
        result.then(
          (settled) => {
            onEnd();
            test.storm.onResult(place, { args, result: settled.ok ? settled.reply : undefined });
            if (settled.ok) this.#check(() => test.checks.onReplyArrived(request, settled.reply));
          },
          onEnd, // The network reports the error.
        );
        return result;
      },
    };
  }

  /** Whether what the code does now has an effect: it goes on for a moment after a kill or a crash. */
  #isAlive(): boolean {
    const { isRunning } = this.#options;
    return this.#killedAt === undefined && isRunning?.() !== false;
  }

  /** A check that fails the test, without an effect on the code that runs. */
  #check(check: () => void): void {
    try {
      check();
    } catch (fault) {
      this.#options.test.fail(fault instanceof Error ? fault : new Error(String(fault)));
    }
  }

  /** The end, whose methods and arguments are checked. */
  end(end: ClientEnd): ClientEnd {
    const methods = new WeakMap<object, unknown>();
    return {
      call: <Args, Reply>(method: Method<Args, Reply>, args: Args) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the guarded method is made from this very method
        const known = methods.get(method) as Method<Args, Reply> | undefined;
        const guarded = known ?? this.#guardedMethod(method);
        if (known === undefined) methods.set(method, guarded);
        return end.call(guarded, args);
      },
    };
  }

  /** Guards the codec, since only its stack trace contains the line that sent an unserializable value. */
  #guardedMethod<Args, Reply>(method: Method<Args, Reply>): Method<Args, Reply> {
    const wrong = whatIsWrong('method', method);
    if (wrong !== undefined) throw this.fail(`call was given ${wrong}`, new Error('call'));
    const { args } = method;
    return {
      ...method,
      args: {
        ...args,
        encode: (value) => {
          try {
            return args.encode(value);
          } catch (thrown) {
            throw this.fail(`a call cannot be sent: ${errorText(thrown)}`, thrown);
          }
        },
      },
    };
  }

  /** The service, whose handlers are guarded. */
  service({ name, methods }: Service): Service {
    return {
      name,
      methods: new Map([...methods].map(([key, method]) => [key, this.#guardedHandler(method)])),
    };
  }

  #guardedHandler(method: BoundMethod): BoundMethod {
    const { server: me } = this.#options;
    return {
      name: method.name,
      dispatch: (argsBytes) => {
        this.#options.test.enter(me);
        const fail = (thrown: unknown): never => {
          throw this.fail(`the handler of ${method.name} threw ${errorText(thrown)}`, thrown);
        };
        let answer: ReturnType<BoundMethod['dispatch']>;
        try {
          answer = method.dispatch(argsBytes);
        } catch (thrown) {
          return fail(thrown);
        }
        const { checks } = this.#options.test;
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
