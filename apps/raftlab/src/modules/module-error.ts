// The module of --impl cannot be loaded, so that nothing can be graded. The message says why, and where.
export class ModuleError extends Error {
  override readonly name: string = 'ModuleError';
}
