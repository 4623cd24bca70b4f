export type { Identity } from './identity.ts';
export { DirectoryError, IdentityError, LockedError, StorageFullError } from './errors.ts';
export type { File, FileSystem, Lock, OpenMode } from './file-system.ts';
export { NodeFileSystem } from './node-file-system.ts';
export { defaultSegmentSizeBytes, openWal, type WalOptions } from './open-wal.ts';
export { inspectWal, verifyWal, type Damage, type SegmentReport, type WalReport } from './verify.ts';
export type { Wal } from './wal.ts';
