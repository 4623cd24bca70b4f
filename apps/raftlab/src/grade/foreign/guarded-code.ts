// A learner's code during one test or one simulated run: its first fault, and what is observed of it from outside.
import type { PeerEnvironment } from '@raftlab/test-harness/learner';
import { BlackBoxChecks } from './black-box-checks.ts';
import { CallStorm } from './call-storm.ts';
import type { GuardedTest } from './guard.ts';
import { errorText, ImplementationFault } from './implementation-fault.ts';
import type { Progress } from '../../threads/progress.ts';
import type { SourceFiles } from '../../threads/source-files.ts';

export interface GuardedCodeOptions {
  readonly sources: SourceFiles;
  readonly progress: Progress;
  /** False when the learner's service runs on our Raft. */
  readonly watchesRaft: boolean;
}

export class GuardedCode {
  readonly test: GuardedTest;
  readonly checks: BlackBoxChecks;
  /** The first detected fault, even after the end of the test. */
  fault: Error | undefined;
  readonly #sources: SourceFiles;
  #environment: Pick<PeerEnvironment, 'clock' | 'onError'> | undefined;
  #beganAt = 0;

  constructor({ sources, progress, watchesRaft }: GuardedCodeOptions) {
    this.#sources = sources;
    this.checks = new BlackBoxChecks(() => this.#clockMs(), { watchesRaft });
    this.test = {
      sources,
      checks: this.checks,
      storm: new CallStorm(),
      clockMs: () => this.#clockMs(),
      enter: (server) => progress.enter(server, this.#clockMs()),
      fail: (fault) => void this.fail(fault),
    };
  }

  /** A server starts in this environment. */
  onStart(environment: Pick<PeerEnvironment, 'clock' | 'onError'>): void {
    if (this.#environment === undefined) this.#beganAt = environment.clock.now();
    this.#environment = environment;
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
