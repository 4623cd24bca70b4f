// The thread in which a learner's implementation runs. It may throw, loop forever or exhaust its memory; no other thread is affected.
import { dirname } from 'node:path';
import process from 'node:process';
import type { TestReport, TimeMode } from '@raftlab/test-harness';
import { workerData } from 'piscina';
import { z } from 'zod';
import { gradeSafely } from '../grade-safely.ts';
import { withLateFailure } from '../late-failure.ts';
import { StrayErrors } from '../stray-errors.ts';
import { testById } from '../suites.ts';
import { withWantedRecord, type Recording } from '../test-runner.ts';
import { GuardedImplementation, type LearnerExports } from './guarded-implementation.ts';
import { errorText } from './implementation-fault.ts';
import { Progress } from '../../threads/progress.ts';
import { guardRealTime } from './real-time-guard.ts';
import { SourceFiles } from '../../threads/source-files.ts';
import { writeThrough } from '../../threads/unbuffered-output.ts';

/** The bundled module. */
export interface ModuleInThread {
  readonly url: string;
  /** The learner's file itself; its neighbours are named relative to its folder. */
  readonly file: string;
  readonly sources: readonly string[];
  readonly mode: TimeMode;
  /** Whether the module's service runs on our Raft. */
  readonly isOnOurRaft: boolean;
}

export interface ForeignTask {
  readonly module: ModuleInThread;
  readonly id: string;
  readonly seed: number;
  readonly recording: Recording;
  readonly progress: SharedArrayBuffer;
}

/** Shared with the main thread. */
const printedSchema = z.instanceof(SharedArrayBuffer);

/** Deep enough to find the learner's frame below those of the codecs. */
Error.stackTraceLimit = 50;
process.setSourceMapsEnabled(true);
writeThrough(new Uint8Array(printedSchema.parse(workerData)));

let underTest: GuardedImplementation | undefined;

const strayErrors = new StrayErrors({
  areTestsSideBySide: false,
  take: (error) => underTest?.failUncaught(error) === true,
});

/** Imports the module for the first time. Returns why it cannot be used, or undefined. */
export async function loadInWorker({ module, progress }: LoadTask): Promise<string | undefined> {
  new Progress(progress).begin();
  const { sources, exports } = prepare(module);
  try {
    await exports;
    return undefined;
  } catch (error) {
    const location = sources.locationOf(error);
    return `${errorText(error)}${location === undefined ? '' : ` (${location})`}`;
  }
}

export type LoadTask = Pick<ForeignTask, 'module' | 'progress'>;

export async function gradeInForeignWorker({
  module,
  id,
  seed,
  recording,
  progress: buffer,
}: ForeignTask): Promise<TestReport> {
  const test = testById(id);
  const { mode } = module;
  const progress = new Progress(buffer);
  progress.begin();
  const { sources, exports } = prepare(module);
  const implementation = new GuardedImplementation(await exports, { sources, progress, mode });
  underTest = implementation;
  const options = { mode, seed, implementation, isRecorded: recording !== 'none' };
  const report = await gradeSafely(test, options, strayErrors);
  underTest = undefined;
  const { fault } = implementation;
  const verdict =
    report.failure === undefined && fault !== undefined ? withLateFailure(report, fault) : report;
  return withWantedRecord(verdict, recording);
}

interface Prepared {
  readonly sources: SourceFiles;
  readonly exports: Promise<LearnerExports>;
}

let prepared: Prepared | undefined;

/** Once per thread: a thread uses one module as long as it exists. */
function prepare({ url, file, sources: files, mode, isOnOurRaft }: ModuleInThread): Prepared {
  if (prepared !== undefined) return prepared;
  const sources = new SourceFiles(files, dirname(file));
  if (mode === 'virtual') guardRealTime(sources, (error) => void underTest?.fail(error));
  prepared = { sources, exports: importExports(url, isOnOurRaft) };
  return prepared;
}

async function importExports(url: string, isOnOurRaft: boolean): Promise<LearnerExports> {
  const module: unknown = await import(url);
  const make = isOnOurRaft ? undefined : functionOf(module, 'make');
  const isService = ['startKVServer', 'makeClerk'].some((name) => exportOf(module, name) !== undefined);
  const service = isService
    ? { startKVServer: functionOf(module, 'startKVServer'), makeClerk: functionOf(module, 'makeClerk') }
    : undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- arguments and results are checked at every call
  return { make, service } as LearnerExports;
}

function exportOf(module: unknown, name: string): unknown {
  return Reflect.get(Object(module), name);
}

/** Throws a TypeError that names the export unless it is a function. */
function functionOf(module: unknown, name: string): (...args: never[]) => unknown {
  const found = exportOf(module, name);
  if (typeof found !== 'function')
    throw new TypeError(`the export "${name}" must be a function, got ${typeof found}`);
  return (...args) => Reflect.apply(found, undefined, args);
}
