// What the module of --service brings into a run: checked where it is imported, before any run.
import type { SimulateOptions } from '@raftlab/simulation';
import { ModuleError } from '../modules/module-error.ts';

/** What the module brings into a run. */
export async function loadService(url: string): Promise<Pick<SimulateOptions, 'workload' | 'make'>> {
  const module: unknown = await import(url);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it must have is asked for below
  const { workload, make } = Object(module) as Partial<Pick<SimulateOptions, 'workload' | 'make'>>;
  for (const method of ['createService', 'command'] as const) {
    if (typeof workload?.[method] !== 'function') {
      throw new ModuleError(`the export "workload" has no method ${method}`);
    }
  }
  for (const method of ['apply', 'snapshot', 'restore', 'digest'] as const) {
    if (typeof workload?.createService()[method] !== 'function') {
      throw new ModuleError(`what workload.createService() gives has no method ${method}`);
    }
  }
  if (make !== undefined && typeof make !== 'function') {
    throw new ModuleError(`the export "make" is no function but ${typeof make}`);
  }
  return { ...(workload && { workload }), ...(make && { make }) };
}
