// A learner's implementation as the tester uses it: guarded, and checked from outside. One for each test.
import { raftlab, type Implementation, type RaftEnvironment, type TimeMode } from '@raftlab/test-harness';
import type { Make, MakeClerk, StartKVServer } from '@raftlab/test-harness/learner';
import { BlackBoxChecks } from './black-box-checks.ts';
import { CallStorm } from './call-storm.ts';
import { killGraceMs, type GuardedTest } from './guard.ts';
import { GuardedClerk, GuardedServer } from './guarded-key-value.ts';
import { GuardedPeer } from './guarded-peer.ts';
import { errorText, ImplementationFault } from './implementation-fault.ts';
import type { Progress } from '../../threads/progress.ts';
import type { SourceFiles } from '../../threads/source-files.ts';

/** What a learner's module exports. */
export interface LearnerExports {
  /** Undefined: the service runs on our Raft. */
  readonly make: Make | undefined;
  /** Undefined: the tests of Lab 4 run our service on the learner's Raft. */
  readonly service: { readonly startKVServer: StartKVServer; readonly makeClerk: MakeClerk } | undefined;
}

/** How long killed peers are observed. In real time the test does not wait for them. */
const watchAfterKillMs: Readonly<Record<TimeMode, number>> = { virtual: 2 * killGraceMs, real: 0 };

export class GuardedImplementation implements Implementation {
  readonly name: string = 'implementation';
  readonly make: Implementation['make'];
  readonly keyValue?: NonNullable<Implementation['keyValue']>;
  readonly watcher: NonNullable<Implementation['watcher']>;
  /** The first detected fault, even after the end of the test. */
  fault: Error | undefined;
  readonly #sources: SourceFiles;
  #environment: RaftEnvironment | undefined;
  #beganAt = 0;

  constructor({ make, service }: LearnerExports, { sources, progress, mode }: GuardOptions) {
    this.#sources = sources;
    const watchesRaft = make !== undefined;
    const checks = new BlackBoxChecks(() => this.#clockMs(), { watchesRaft });
    const test: GuardedTest = {
      sources,
      checks,
      storm: new CallStorm(),
      clockMs: () => this.#clockMs(),
      enter: (server) => progress.enter(server, this.#clockMs()),
      fail: (fault) => void this.fail(fault),
    };
    this.make = (environment) => {
      if (this.#environment === undefined) this.#beganAt = environment.clock.now();
      this.#environment = environment;
      return make === undefined ? raftlab.make(environment) : new GuardedPeer(make, environment, test);
    };
    if (service !== undefined) {
      const { startKVServer, makeClerk } = service;
      this.keyValue = {
        startKVServer: (environment) => new GuardedServer(startKVServer, environment, test),
        makeClerk: (environment) => new GuardedClerk(makeClerk, environment, test),
      };
    }
    this.watcher = {
      explainFailure: () => checks.remarks(),
      watchAfterKillMs: watchAfterKillMs[mode],
      eventsPerBreath: 8,
    };
  }

  /** Fails the test, if it has started. Returns whether it has. */
  fail(fault: Error): boolean {
    this.fault ??= fault;
    // The server that was made last has not been restarted since. The fault may be of another server.
    this.#environment?.onError(fault);
    return this.#environment !== undefined;
  }

  /** The same for an uncaught error. */
  failUncaught(thrown: unknown): boolean {
    const location = this.#sources.locationOf(thrown);
    const where = location === undefined ? '' : ` (${location})`;
    return this.fail(
      new ImplementationFault(
        `uncaught ${errorText(thrown)}${where}; a promise that may be rejected needs a catch`,
        {
          cause: thrown,
        },
      ),
    );
  }

  #clockMs(): number {
    return (this.#environment?.clock.now() ?? 0) - this.#beganAt;
  }
}

export interface GuardOptions {
  readonly sources: SourceFiles;
  readonly progress: Progress;
  readonly mode: TimeMode;
}
