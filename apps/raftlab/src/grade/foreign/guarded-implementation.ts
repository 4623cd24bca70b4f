// A learner's implementation as the tester takes it: guarded, and watched from outside. One for each test.
import type { Implementation, RaftEnvironment, TimeMode } from '@raftlab/test-harness';
import type { Make } from '@raftlab/test-harness/learner';
import { GuardedPeer, killGraceMs, type GuardedTest } from './guarded-peer.ts';
import { ImplementationFault, inWords } from './implementation-fault.ts';
import { OutsideWatch } from './black-box-checks.ts';
import type { Sources } from './source-locations.ts';
import type { Progress } from './progress.ts';

/** In virtual time all that a killed peer might still do is seen; in real time nobody waits for it. */
const watchAfterKillMs: Readonly<Record<TimeMode, number>> = { virtual: 2 * killGraceMs, real: 0 };

export class GuardedImplementation implements Implementation {
  readonly name: string = 'implementation';
  readonly make: Implementation['make'];
  readonly watcher: NonNullable<Implementation['watcher']>;
  /** The first that was found, whether or not it was in time to fail the test. */
  fault: Error | undefined;
  readonly #sources: Sources;
  #environment: RaftEnvironment | undefined;
  #beganAt = 0;

  constructor(make: Make, { sources, progress, mode }: GuardOptions) {
    this.#sources = sources;
    const outside = new OutsideWatch(() => this.#clockMs());
    const test: GuardedTest = {
      sources,
      outside,
      enter: (server) => progress.enter(server, this.#clockMs()),
      fail: (fault) => void this.fail(fault),
    };
    this.make = (environment) => {
      if (this.#environment === undefined) this.#beganAt = environment.clock.now();
      this.#environment = environment;
      return new GuardedPeer(make, environment, test);
    };
    this.watcher = {
      explainFailure: () => outside.remarks(),
      watchAfterKillMs: watchAfterKillMs[mode],
      eventsPerBreath: 8,
    };
  }

  /** Fails the test, if it has begun: says whether it has. */
  fail(fault: Error): boolean {
    this.fault ??= fault;
    // The server that was made last is in its present life, whoever is at fault.
    this.#environment?.onError(fault);
    return this.#environment !== undefined;
  }

  /** The same for an error that nobody caught. */
  failUncaught(thrown: unknown): boolean {
    const place = this.#sources.placeOf(thrown);
    const where = place === undefined ? '' : ` (${place})`;
    return this.fail(
      new ImplementationFault(
        `nobody caught ${inWords(thrown)}${where}; a promise that may be rejected wants a catch`,
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
  readonly sources: Sources;
  readonly progress: Progress;
  readonly mode: TimeMode;
}
