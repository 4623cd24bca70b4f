// The faults of a directory and its file system that the user of a write-ahead log meets. Damage of what is stored is a
// CorruptStateError of @raftlab/storage.

/** A living process has the lock of the directory. */
export class LockedError extends Error {
  override readonly name: string = 'LockedError';
  readonly path: string;
  /** The process that has it, as it describes itself. */
  readonly owner: string;

  constructor(path: string, owner: string) {
    super(`${path} is in use by ${owner}. Two servers cannot share a directory: stop that process first.`);
    this.path = path;
    this.owner = owner;
  }
}

/** The directory is not the one that the server expects: empty, of another server, or of a newer program. */
export class IdentityError extends Error {
  override readonly name: string = 'IdentityError';
  readonly directory: string;

  constructor(directory: string, what: string, remedy: string) {
    super(`${directory} ${what}. ${remedy}`);
    this.directory = directory;
  }
}

/** There is no room on the medium for what was to be written. The storage is unusable until it is opened again. */
export class StorageFullError extends Error {
  override readonly name: string = 'StorageFullError';
  readonly directory: string;

  constructor(directory: string, cause: unknown) {
    super(
      `${directory} is full: a write failed (${cause instanceof Error ? cause.message : String(cause)}). Make room, then open ` +
        `the storage again.`,
      { cause },
    );
    this.directory = directory;
  }
}

/** The path is not a directory, or the process may not create files in it. */
export class DirectoryError extends Error {
  override readonly name: string = 'DirectoryError';
  readonly directory: string;

  constructor(directory: string, cause: unknown) {
    super(
      `${directory} cannot be the directory of a server (${String(codeOf(cause))}). Give it a directory in which its user may ` +
        `create files, on a file system that is not mounted read-only.`,
      { cause },
    );
    this.directory = directory;
  }
}

const notWritableCodes: ReadonlySet<unknown> = new Set(['EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENOTDIR']);

/** Whether a system error says that files cannot be created in a directory. */
export function isNotWritable(error: unknown): boolean {
  return notWritableCodes.has(codeOf(error));
}

const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether a system error says that there is no room. */
export function isFull(error: unknown): boolean {
  return fullCodes.has(codeOf(error));
}

/** The code of a system error, such as ENOENT. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
