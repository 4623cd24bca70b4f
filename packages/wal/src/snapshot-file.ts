// A snapshot in a file of its own, written and read in pieces. A header, then the configuration, if there is one, then the data:
//
//   offset  bytes
//        0      4  "SNAP"
//        4      4  format version
//        8      4  size of the configuration; 0xffffffff without one
//       12         configuration, data
//
// Its size and its checksum are in the record that names it.
import { crc32 } from 'node:zlib';
import type { Snapshot } from '@raftlab/protocol';
import { CorruptStateError } from '@raftlab/storage';
import { assert } from '@raftlab/runtime/assert';
import { codeOf } from './errors.ts';
import { formatVersion } from './checkpoint.ts';
import { snapshotName } from './file-names.ts';
import { readFully, replaceFile, type FileSystem } from './file-system.ts';
import type { SnapshotReference } from './stored-batch.ts';

const headerSizeBytes = 12;
const magic = 0x534e4150;
const noConfiguration = 0xffffffff;
/** Between two pieces the event loop is free. */
const pieceSizeBytes = 1024 * 1024;

/** What a record must say of the file of a snapshot. */
export type SnapshotFile = Pick<SnapshotReference, 'id' | 'sizeBytes' | 'checksum'>;

/** Writes the file of a snapshot, durably. */
export async function writeSnapshot(
  fileSystem: FileSystem,
  directory: string,
  { data, configuration, id }: Pick<Snapshot, 'data' | 'configuration'> & { readonly id: number },
): Promise<SnapshotFile> {
  assert(id >= 0, () => `a snapshot with the number ${id}`);
  const header = Buffer.alloc(headerSizeBytes);
  header.writeUInt32BE(magic);
  header.writeUInt32BE(formatVersion, 4);
  header.writeUInt32BE(configuration?.length ?? noConfiguration, 8);
  let [sizeBytes, checksum] = [0, 0];
  const pieces = function* (): Generator<Uint8Array> {
    for (const part of [header, configuration ?? noBytes, data]) {
      for (let at = 0; at < part.length; at += pieceSizeBytes) {
        const piece = part.subarray(at, at + pieceSizeBytes);
        sizeBytes += piece.length;
        checksum = crc32(piece, checksum);
        yield piece;
      }
    }
  };
  await replaceFile(fileSystem, { directory, name: snapshotName(id) }, pieces());
  assert(
    sizeBytes === headerSizeBytes + (configuration?.length ?? 0) + data.length,
    () => `${sizeBytes} bytes of a snapshot of ${data.length} were written`,
  );
  return { id, sizeBytes, checksum };
}

/** The snapshot that a record names. Throws CorruptStateError when its file is missing, or is not what was written. */
export async function readSnapshot(
  fileSystem: FileSystem,
  directory: string,
  reference: SnapshotReference,
): Promise<Snapshot> {
  const path = `${directory}/${snapshotName(reference.id)}`;
  const bytes = await readBytes(fileSystem, path, reference);
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, headerSizeBytes);
  const version = header.readUInt32BE(4);
  if (header.readUInt32BE() !== magic || version > formatVersion) {
    throw new CorruptStateError(
      `${path} is no snapshot of a format that this program reads (version ${version}; it reads up to ${formatVersion}). Start ` +
        `the server with the program that wrote it.`,
      { file: path, offset: 0 },
    );
  }
  const size = header.readUInt32BE(8);
  const dataStart = headerSizeBytes + (size === noConfiguration ? 0 : size);
  const { lastIncludedIndex, lastIncludedTerm } = reference;
  return {
    lastIncludedIndex,
    lastIncludedTerm,
    data: bytes.subarray(dataStart),
    ...(size !== noConfiguration && { configuration: bytes.slice(headerSizeBytes, dataStart) }),
  };
}

async function readBytes(
  fileSystem: FileSystem,
  path: string,
  { sizeBytes, checksum, lastIncludedIndex }: SnapshotReference,
): Promise<Uint8Array> {
  const refuse = (what: string, cause?: unknown): CorruptStateError =>
    new CorruptStateError(
      `${path} is not the snapshot up to index ${lastIncludedIndex} that the log names: ${what}. Remove this server from the ` +
        `cluster, or restore the whole directory from a copy.`,
      { file: path, cause },
    );
  const file = await fileSystem.open(path, 'read').catch((error: unknown) => {
    throw codeOf(error) === 'ENOENT' ? refuse('there is no such file', error) : error;
  });
  try {
    const found = await file.size();
    if (found !== sizeBytes) throw refuse(`it has ${found} bytes, but ${sizeBytes} were written`);
    const bytes = new Uint8Array(sizeBytes);
    let computed = 0;
    for (let at = 0; at < sizeBytes; at += pieceSizeBytes) {
      const piece = bytes.subarray(at, at + pieceSizeBytes);
      await readFully(file, piece, at);
      computed = crc32(piece, computed);
    }
    if (computed !== checksum) throw refuse('its checksum is not that of what was written');
    return bytes;
  } finally {
    await file.close();
  }
}

const noBytes = new Uint8Array(0);
