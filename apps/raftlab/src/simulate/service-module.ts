// The module of --service: a service on top of Raft, and optionally a function that makes the peers. Its code runs in watched threads
// only, because it may never return.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SourceFiles } from '../threads/source-files.ts';
import type { StuckCode } from '../threads/stuck-thread.ts';
import { keyValueName, type ServiceChoice } from './simulation-task.ts';

/** Built once; every thread imports it by this URL. */
export interface ServiceModule {
  /** The path as it was given. */
  readonly path: string;
  readonly url: string;
  /** To name the line at which a thread was stopped. */
  readonly threadCode: StuckCode;
  /** The absolute paths of its source files. */
  readonly sources: readonly string[];
  remove(): void;
}

/** The service of a request: as the runs take it, and its module if it is a user's. */
export interface OpenedService {
  readonly choice: ServiceChoice | undefined;
  readonly module: ServiceModule | undefined;
}

/** `name` is the value of --service. Throws ModuleError if a module cannot be built, or lacks the export. */
export async function openService(name: string | undefined): Promise<OpenedService> {
  if (name === undefined || name === keyValueName) return { choice: name, module: undefined };
  const module = await buildModule(name);
  return { choice: { path: module.path, url: module.url, sources: module.sources }, module };
}

async function buildModule(path: string): Promise<ServiceModule> {
  // Imported only here because it loads a bundler.
  const { bundleModule } = await import('../modules/bundle-module.ts');
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-service-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const outfile = join(folder, 'service.mjs');
    const { code, sources: files } = await bundleModule(path, { outfile, exportNames: ['workload'] });
    writeFileSync(outfile, code);
    const url = pathToFileURL(outfile).href;
    const sources = new SourceFiles(files, dirname(resolve(path)));
    return { path, url, sources: files, threadCode: { url, outfile, code, sources }, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
