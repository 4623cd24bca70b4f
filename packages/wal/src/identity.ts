// Whose directory it is: a file that is written last when a directory is made, and that a server must find again.
import { crc32 } from 'node:zlib';
import { serverIdSchema, type ServerId } from '@raftlab/protocol';
import { assert } from '@raftlab/runtime/assert';
import { CorruptStateError } from '@raftlab/storage';
import { z } from 'zod';
import { formatVersion } from './checkpoint.ts';
import { codeOf, IdentityError } from './errors.ts';
import { identityName } from './file-names.ts';
import { readFile, replaceFile, type FileSystem } from './file-system.ts';

const headSchema = z.object({ format: z.literal('raftlab-wal'), version: z.int().min(1) });
const identitySchema = headSchema.extend({
  cluster: z.string(),
  server: serverIdSchema,
  /** CRC32 of the other fields. */
  checksum: z.int(),
});

/** The server that a directory belongs to. */
export interface Identity {
  readonly cluster: string;
  readonly server: ServerId;
}

/** What the directory says; undefined when it says nothing. Throws CorruptStateError, or IdentityError for a newer format. */
export async function readIdentity(fileSystem: FileSystem, directory: string): Promise<Identity | undefined> {
  const path = `${directory}/${identityName}`;
  let bytes: Uint8Array;
  try {
    bytes = await readFile(fileSystem, path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return parse(directory, bytes);
}

function parse(directory: string, bytes: Uint8Array): Identity {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    const { version } = headSchema.parse(json);
    if (version > formatVersion) throw newerVersion(directory, version);
    const { checksum, cluster, server } = identitySchema.parse(json);
    assert(checksum === checksumOf({ cluster, server }), 'its checksum is wrong');
    return { cluster, server };
  } catch (error) {
    if (error instanceof IdentityError) throw error;
    const file = `${directory}/${identityName}`;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CorruptStateError(
      `${file} does not say whose directory it is (${reason}). Restore it from a copy of the directory, or replace the server by a ` +
        `new one.`,
      { file, cause: error },
    );
  }
}

function newerVersion(directory: string, version: number): IdentityError {
  return new IdentityError(
    directory,
    `has format version ${version}; this program reads the versions up to ${formatVersion}`,
    'Start the server with the program that wrote it, or a later one.',
  );
}

function checksumOf({ cluster, server }: Identity): number {
  return crc32(JSON.stringify([formatVersion, cluster, server]));
}

export async function writeIdentity(
  fileSystem: FileSystem,
  directory: string,
  { cluster, server }: Identity,
): Promise<void> {
  const checksum = checksumOf({ cluster, server });
  const identity = { format: 'raftlab-wal', version: formatVersion, cluster, server, checksum };
  const bytes = new TextEncoder().encode(`${JSON.stringify(identity)}\n`);
  await replaceFile(fileSystem, { directory, name: identityName }, [bytes]);
}

/** Throws IdentityError when the directory belongs to another server. */
export function checkIdentity(directory: string, found: Identity, expected: Identity): void {
  if (found.cluster === expected.cluster && found.server === expected.server) return;
  throw new IdentityError(
    directory,
    `belongs to server ${found.server} of cluster ${JSON.stringify(found.cluster)}, not to server ${expected.server} of cluster ` +
      JSON.stringify(expected.cluster),
    'Start the server with its own directory; if directories or disks were swapped, swap them back.',
  );
}
