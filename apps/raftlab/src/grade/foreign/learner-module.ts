// A learner's module, built into one file that every thread can import.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TimeMode } from '@raftlab/test-harness';
import { bundleModule, type BundleOptions } from '../../modules/bundle-module.ts';
import { SourceFiles } from '../../threads/source-files.ts';
import type { StuckCode } from '../../threads/stuck-thread.ts';

/** The module as the threads import it: plain data. */
export interface ModuleInThread {
  readonly url: string;
  /** The learner's file itself; its neighbours are named relative to its folder. */
  readonly file: string;
  readonly sources: readonly string[];
  readonly mode: TimeMode;
  /** Whether the module's service runs on our Raft. */
  readonly isOnOurRaft: boolean;
}

export interface LearnerModule {
  readonly module: ModuleInThread;
  /** To name the line at which a thread was stopped. */
  readonly threadCode: StuckCode;
  remove(): void;
}

/** Throws ModuleError if the module cannot be built, or lacks an export. */
export async function openLearnerModule(
  path: string,
  { mode, isOnOurRaft }: Pick<ModuleInThread, 'mode' | 'isOnOurRaft'>,
): Promise<LearnerModule> {
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-implementation-'));
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(folder, { recursive: true, force: true });
  };
  // An interrupted command does not close its module.
  process.on('exit', remove);
  try {
    const outfile = join(folder, 'implementation.mjs');
    const { code, sources } = await bundleModule(path, { outfile, ...exportsFor(isOnOurRaft) });
    writeFileSync(outfile, code);
    const url = pathToFileURL(outfile).href;
    const file = resolve(path);
    return {
      module: { url, file, sources, mode, isOnOurRaft },
      threadCode: { url, outfile, code, sources: new SourceFiles(sources, dirname(file)) },
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** What a module must export, and what it may. */
function exportsFor(isOnOurRaft: boolean): Pick<BundleOptions, 'exportNames' | 'optionalNames'> {
  const service = ['startKVServer', 'makeClerk'];
  return isOnOurRaft ? { exportNames: service } : { exportNames: ['make'], optionalNames: service };
}
