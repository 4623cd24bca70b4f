// The module of --service: a service on top of Raft, and optionally a function that makes the peers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ModuleError } from '../modules/module-error.ts';
import { loadService } from './load-service.ts';

/** Built once; every thread imports it by its URL. */
export interface ServiceModule {
  /** As it was given. */
  readonly path: string;
  readonly url: string;
  remove(): void;
}

/** Undefined without a path. Throws ModuleError when the module cannot be used. */
export async function openService(path: string | undefined): Promise<ServiceModule | undefined> {
  if (path === undefined) return undefined;
  // Imported only here because it loads a bundler.
  const { bundleModule } = await import('../modules/bundle-module.ts');
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-service-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const outfile = join(folder, 'service.mjs');
    const { code } = await bundleModule(path, { outfile, exportName: 'workload' });
    writeFileSync(outfile, code);
    const url = pathToFileURL(outfile).href;
    await loadService(url);
    return { path, url, remove };
  } catch (error) {
    remove();
    if (error instanceof ModuleError) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new ModuleError(path, reason, { cause: error });
  }
}
