// The thread in which a learner's implementation runs. It may throw, hang or eat up its memory without harm to anybody else.
import { dirname } from 'node:path';
import process from 'node:process';
import { gradedTests, type TestReport, type TimeMode } from '@raftlab/test-harness';
import type { Make } from '@raftlab/test-harness/learner';
import { workerData } from 'piscina';
import { z } from 'zod';
import { gradeSafely } from '../grade-safely.ts';
import { withLateFailure } from '../late-failure.ts';
import { StrayErrors } from '../stray-errors.ts';
import { GuardedImplementation } from './guarded-implementation.ts';
import { inWords } from './implementation-fault.ts';
import { Sources } from './source-locations.ts';
import { printAtOnce } from './unbuffered-output.ts';
import { Progress } from './progress.ts';
import { guardRealTime } from './real-time-guard.ts';

/** The bundle, as the threads find it. */
export interface ModuleInThread {
  readonly url: string;
  /** The learner's file itself; its neighbours are named relative to its folder. */
  readonly file: string;
  readonly sources: readonly string[];
  readonly mode: TimeMode;
}

export interface ForeignTask {
  readonly module: ModuleInThread;
  readonly id: string;
  readonly seed: number;
  readonly isRecorded: boolean;
  readonly progress: SharedArrayBuffer;
}

/** Shared with the main thread. */
const printedSchema = z.instanceof(SharedArrayBuffer);

/** Deep enough to find the learner's frame below those of the codecs. */
Error.stackTraceLimit = 50;
process.setSourceMapsEnabled(true);
printAtOnce(new Uint8Array(printedSchema.parse(workerData)));

let underTest: GuardedImplementation | undefined;

const strayErrors = new StrayErrors({
  areTestsSideBySide: false,
  take: (error) => underTest?.failUncaught(error) === true,
});

/** Imports the module for the first time. Gives what is wrong with it, if anything is. */
export async function loadInWorker({ module, progress }: LoadTask): Promise<string | undefined> {
  new Progress(progress).begin();
  const { sources, make } = prepare(module);
  try {
    await make;
    return undefined;
  } catch (error) {
    const place = sources.placeOf(error);
    return `${inWords(error)}${place === undefined ? '' : ` (${place})`}`;
  }
}

export type LoadTask = Pick<ForeignTask, 'module' | 'progress'>;

export async function gradeInForeignWorker({
  module,
  id,
  seed,
  isRecorded,
  progress: buffer,
}: ForeignTask): Promise<TestReport> {
  const test = gradedTests.find((candidate) => candidate.id === id);
  if (test === undefined) throw new Error(`no test ${id}`);
  const { mode } = module;
  const progress = new Progress(buffer);
  progress.begin();
  const { sources, make } = prepare(module);
  const implementation = new GuardedImplementation(await make, { sources, progress, mode });
  underTest = implementation;
  const report = await gradeSafely(test, { mode, seed, implementation, isRecorded }, strayErrors);
  underTest = undefined;
  return report.failure === undefined && implementation.fault !== undefined
    ? withLateFailure(report, implementation.fault)
    : report;
}

interface Prepared {
  readonly sources: Sources;
  readonly make: Promise<Make>;
}

let prepared: Prepared | undefined;

/** Once in each thread; there is one module for all its life. */
function prepare({ url, file, sources: files, mode }: ModuleInThread): Prepared {
  if (prepared !== undefined) return prepared;
  const sources = new Sources(files, dirname(file));
  if (mode === 'virtual') guardRealTime(sources, (error) => void underTest?.fail(error));
  prepared = { sources, make: importMake(url) };
  return prepared;
}

async function importMake(url: string): Promise<Make> {
  const module: unknown = await import(url);
  const make: unknown = Reflect.get(Object(module), 'make');
  if (typeof make !== 'function') throw new TypeError(`the export "make" is no function but ${typeof make}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it takes and gives is checked at every call
  return make as Make;
}
