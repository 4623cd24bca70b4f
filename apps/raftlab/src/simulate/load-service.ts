// Imports the module of --service and checks what it exports, before any run uses it.
import process from 'node:process';
import type { SimulateOptions } from '@raftlab/simulation';

/** The parts of a run that the module provides. Throws TypeError if an export is missing or has the wrong type. */
export async function loadService(url: string): Promise<Pick<SimulateOptions, 'workload' | 'make'>> {
  // Stack traces have the lines of its sources.
  process.setSourceMapsEnabled(true);
  const module: unknown = await import(url);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the checks below establish it
  const { workload, make } = Object(module) as Partial<Pick<SimulateOptions, 'workload' | 'make'>>;
  for (const method of ['createService', 'command'] as const) {
    if (typeof workload?.[method] !== 'function') {
      throw new TypeError(`the export "workload" has no method ${method}`);
    }
  }
  for (const method of ['apply', 'snapshot', 'restore', 'digest'] as const) {
    if (typeof workload?.createService()[method] !== 'function') {
      throw new TypeError(`the object that workload.createService() returns has no method ${method}`);
    }
  }
  if (make !== undefined && typeof make !== 'function') {
    throw new TypeError(`the export "make" must be a function, got ${typeof make}`);
  }
  if (make !== undefined && make.length > 1) {
    throw new TypeError(
      `the export "make" takes ${make.length} parameters; it must take one object, the options of makeLabPeer`,
    );
  }
  return { ...(workload && { workload }), ...(make && { make }) };
}
