// The faults of a storage that its user meets.

/** What was read back is not what was written: truncated, altered, or in a format that this version does not know. */
export class CorruptStateError extends Error {
  override readonly name: string = 'CorruptStateError';
  /** The damaged file; undefined for a storage without files. */
  readonly file: string | undefined;
  /** Where the damage begins, in bytes from the start of the file or of the stored bytes; undefined for the whole of it. */
  readonly offset: number | undefined;

  constructor(
    message: string,
    {
      file,
      offset,
      cause,
    }: { readonly file?: string; readonly offset?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.file = file;
    this.offset = offset;
  }
}

/** The storage takes no further call: it was closed, or a write failed and what is stored is not known any more. */
export class UnusableError extends Error {
  override readonly name: string = 'UnusableError';
  readonly reason: 'closed' | 'failed';

  /** `cause` is the error of the write that failed. */
  constructor(what: string, { cause }: { readonly cause?: unknown } = {}) {
    super(
      cause === undefined
        ? `The storage cannot ${what}: it was closed. Open it again to go on.`
        : `The storage cannot ${what}: an earlier write failed (${messageOf(cause)}), and whether it is stored is not ` +
            `known. Open the storage again and load what it contains.`,
      { cause },
    );
    this.reason = cause === undefined ? 'closed' : 'failed';
  }
}

/** Another peer of this process uses the storage: it has neither stopped, nor finished the write that it began. */
export class StorageInUseError extends Error {
  override readonly name: string = 'StorageInUseError';

  constructor() {
    super(
      'The storage is in use by another peer, which would overwrite its term and its vote. Wait for `stop()` of that peer ' +
        'before another one is made on the storage.',
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
