// Makes the data directories of a new cluster from a backup.
import { restoreDirectory } from '@raftlab/kv-server';
import { CommandError } from '../../command-error.ts';
import { quoted } from '../../quoted.ts';
import { thousands } from '../../thousands.ts';
import type { Outcome } from '../outcome.ts';
import { readSnapshotFile } from './snapshot-file.ts';

/** Which directory to make. */
export interface RestoreRequest {
  readonly file: string;
  readonly data: string;
  readonly cluster: string;
  readonly id: number;
}

/** Throws CommandError for a file that is no backup, and for a directory that is in use. */
export async function restore({ file, data, cluster, id }: RestoreRequest): Promise<Outcome> {
  const { header, snapshot } = await readSnapshotFile(file);
  try {
    const { keyCount } = await restoreDirectory({ directory: data, cluster, server: id, snapshot });
    return {
      text: `restored ${thousands(keyCount)} keys as server ${id} of cluster ${cluster} in ${quoted(data)}`,
      document: { keyCount, data, cluster, id, from: header },
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CommandError(`${quoted(data)} cannot be made: ${error.message}`);
  }
}
