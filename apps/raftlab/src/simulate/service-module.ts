// The module of --service: what a user puts on top of Raft, and, if it likes, how it makes the peers.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleModule } from '../modules/bundle-module.ts';
import { ModuleError } from '../modules/module-error.ts';
import { loadService } from './load-service.ts';

/** Built once; every thread imports it by its URL. */
export interface ServiceModule {
  /** As it was given. */
  readonly path: string;
  readonly url: string;
  remove(): void;
}

/** Throws ModuleError when the module cannot be used; the message says why, and where. */
export async function openServiceModule(path: string): Promise<ServiceModule> {
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-service-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const outfile = join(folder, 'service.mjs');
    const { code } = await bundleModule(path, outfile, 'workload');
    writeFileSync(outfile, code);
    const url = pathToFileURL(outfile).href;
    await loadService(url);
    return { path, url, remove };
  } catch (error) {
    remove();
    if (error instanceof ModuleError) throw error;
    throw new ModuleError(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}
