// The thread in which a learner's implementation runs. It may throw, loop forever or exhaust its memory; no other thread is affected.
// Only the modules that piscina loads into such a thread may import this one.
import { dirname } from 'node:path';
import process from 'node:process';
import { workerData } from 'piscina';
import { z } from 'zod';
import { StrayErrors } from '../stray-errors.ts';
import type { GuardedCode } from './guarded-code.ts';
import type { LearnerExports } from './guarded-implementation.ts';
import { errorText } from './implementation-fault.ts';
import type { ModuleInThread } from './learner-module.ts';
import { Progress } from '../../threads/progress.ts';
import { guardRealTime } from './real-time-guard.ts';
import { SourceFiles } from '../../threads/source-files.ts';
import { writeThrough } from '../../threads/unbuffered-output.ts';

/** Shared with the main thread. */
const printedSchema = z.instanceof(SharedArrayBuffer);

/** Deep enough to find the learner's frame below those of the codecs. */
Error.stackTraceLimit = 50;
process.setSourceMapsEnabled(true);
writeThrough(new Uint8Array(printedSchema.parse(workerData)));

let underTest: GuardedCode | undefined;

/** Handles uncaught errors of this thread: they fail what runs under `underGuard`. */
export const strayErrors: StrayErrors = new StrayErrors({
  areTestsSideBySide: false,
  take: (error) => underTest?.failUncaught(error) === true,
});

/** Runs a test with this code: uncaught errors and uses of the real clock fail it. */
export async function underGuard<Result>(code: GuardedCode, main: () => Promise<Result>): Promise<Result> {
  underTest = code;
  try {
    return await main();
  } finally {
    underTest = undefined;
  }
}

/** What a thread needs to load a module. */
export interface LoadTask {
  readonly module: ModuleInThread;
  readonly progress: SharedArrayBuffer;
}

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

interface Prepared {
  readonly sources: SourceFiles;
  readonly exports: Promise<LearnerExports>;
}

let prepared: Prepared | undefined;

/** Once per thread: a thread uses one module as long as it exists. */
export function prepare({ url, file, sources: files, mode, isOnOurRaft }: ModuleInThread): Prepared {
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
