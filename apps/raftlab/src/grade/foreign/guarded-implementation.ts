// A learner's implementation as the tester uses it: guarded, and checked from outside. One for each test.
import { raftlab, type Implementation, type TimeMode } from '@raftlab/test-harness';
import type { Make, MakeClerk, StartKVServer } from '@raftlab/test-harness/learner';
import { killGraceMs } from './guard.ts';
import { GuardedCode } from './guarded-code.ts';
import { GuardedClerk, GuardedServer } from './guarded-key-value.ts';
import { GuardedPeer } from './guarded-peer.ts';
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
  readonly code: GuardedCode;
  readonly make: Implementation['make'];
  readonly keyValue?: NonNullable<Implementation['keyValue']>;
  readonly watcher: NonNullable<Implementation['watcher']>;

  constructor({ make, service }: LearnerExports, { sources, progress, mode }: GuardOptions) {
    const code = new GuardedCode({ sources, progress, watchesRaft: make !== undefined });
    this.code = code;
    this.make = (environment) => {
      code.onStart(environment);
      return make === undefined ? raftlab.make(environment) : new GuardedPeer(make, environment, code.test);
    };
    if (service !== undefined) {
      const { startKVServer, makeClerk } = service;
      this.keyValue = {
        startKVServer: (environment) => new GuardedServer(startKVServer, environment, code.test),
        makeClerk: (environment) => new GuardedClerk(makeClerk, environment, code.test),
      };
    }
    this.watcher = {
      explainFailure: (failure) => code.checks.remarks(failure),
      watchAfterKillMs: watchAfterKillMs[mode],
      eventsPerBreath: 8,
    };
  }
}

export interface GuardOptions {
  readonly sources: SourceFiles;
  readonly progress: Progress;
  readonly mode: TimeMode;
}
