// The code of a user in a simulation: the service of --service, or the Raft of --impl. It runs in watched threads only, because it
// may never return.
import type { LearnerModule } from '../grade/foreign/learner-module.ts';
import { openService, type ServiceModule } from './service-module.ts';
import type { RunTask } from './simulation-task.ts';

/** Built once; every thread imports it. */
export type UserCode =
  | ({ readonly kind: 'service' } & ServiceModule)
  | ({ readonly kind: 'raft'; readonly path: string } & LearnerModule);

/** What a request names: as the tasks of threads take it, and its module if it is a user's. */
export interface OpenedCode {
  readonly choice: Pick<RunTask, 'service' | 'raft'>;
  readonly code: UserCode | undefined;
}

/** `service` and `raft` are the values of --service and --impl. Throws ModuleError if a module cannot be built, or lacks an export. */
export async function openUserCode({
  service: serviceName,
  raft: path,
}: {
  readonly service?: string | undefined;
  readonly raft?: string | undefined;
}): Promise<OpenedCode> {
  if (path !== undefined) {
    // Imported only here because it loads a bundler.
    const { openLearnerModule } = await import('../grade/foreign/learner-module.ts');
    const opened = await openLearnerModule(path, { mode: 'virtual', isOnOurRaft: false });
    return { choice: { raft: { path, module: opened.module } }, code: { kind: 'raft', path, ...opened } };
  }
  const { choice, module } = await openService(serviceName);
  return { choice: { service: choice }, code: module && { kind: 'service', ...module } };
}
