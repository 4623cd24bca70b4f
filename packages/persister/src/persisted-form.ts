// The encoding of a server's persistent state, as the lab's raft state: a header of fixed size, then RaftState as protocol's
// codec writes it. All bytes are checked when they are read: a server that starts from a damaged state breaks its earlier
// promises (a vote, an acknowledged entry), so damage is an error and never an empty start.
//
//   offset  bytes
//        0      4  magic, "RAFT"
//        4      4  format version
//        8      4  size of the body
//       12      4  size of the snapshot's data, which is stored separately
//       16      4  CRC32 of the snapshot's data
//       20      4  CRC32 of the bytes 0 to 19 and the body
//       24         body
//
// Numbers are big-endian. The header binds the snapshot to the state: it is an error if one of them is missing, or if the
// snapshot belongs to another state.
//
// Versions of the format:
//
//   1   every entry is a command
//   2   an entry is a command, a noop or a configuration (protocol's entry-tuple.ts); commands are written as in version 1
//
// Version 2 is written; both are read, and the next write replaces version 1 with version 2. A newer version is rejected.
import { crc32 } from 'node:zlib';
import { CodecError } from '@raftlab/rpc';
import {
  integerSizeBytes,
  raftStateCodec,
  tupleHeaderSizeBytes,
  type HardState,
  type LogEntry,
  type LogIndex,
  type RaftState,
  type Term,
} from '@raftlab/protocol';
import { CorruptStateError, type StoredState } from '@raftlab/storage';

/** The version that is written, and the newest that is read. */
export const formatVersion = 2;
/** The version whose entries are commands only. */
const commandsOnlyVersion = 1;
export const headerSizeBytes = 24;

const magic = 0x52414654;
const checksumOffset = 20;
/** currentTerm, votedFor, lastIncludedIndex and lastIncludedTerm come before the entries in the body. */
const valuesBeforeEntries = 4;

/** The encoded raft state, given the result of raftStateCodec; `snapshotData` is empty if there is no snapshot. */
export function frameRaftState(body: Uint8Array, snapshotData: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerSizeBytes + body.length);
  bytes.set(body, headerSizeBytes);
  const header = viewOf(bytes);
  header.setUint32(0, magic);
  header.setUint32(4, formatVersion);
  header.setUint32(8, body.length);
  header.setUint32(12, snapshotData.length);
  header.setUint32(16, crc32(snapshotData));
  header.setUint32(checksumOffset, checksumOf(bytes));
  return bytes;
}

/** The state that the two byte strings encode; undefined if both are empty, at the first start. Throws CorruptStateError. */
export function decodePersisted(raftState: Uint8Array, snapshotData: Uint8Array): StoredState | undefined {
  if (raftState.length === 0) {
    if (snapshotData.length === 0) return undefined;
    throw new CorruptStateError(
      `The raft state is missing (0 bytes), but there is a snapshot of ${snapshotData.length} bytes.`,
    );
  }
  checkHeader(raftState);
  const { hardState, lastIncludedIndex, lastIncludedTerm, entries } = decodeBody(raftState);
  checkSnapshot(raftState, lastIncludedIndex, snapshotData);
  const snapshot =
    lastIncludedIndex === 0
      ? undefined
      : { lastIncludedIndex, lastIncludedTerm, data: new Uint8Array(snapshotData) };
  return { hardState, snapshot, entries };
}

function checkHeader(bytes: Uint8Array): void {
  const header = viewOf(bytes);
  if (bytes.length < 8) throw truncated(bytes, headerSizeBytes, 'its header takes');
  const foundMagic = header.getUint32(0);
  if (foundMagic !== magic) {
    throw new CorruptStateError(
      `The raft state does not begin with its magic number: at offset 0, expected ${hex(magic)}, found ${hex(foundMagic)}.`,
    );
  }
  checkVersion(header.getUint32(4));
  if (bytes.length < headerSizeBytes) throw truncated(bytes, headerSizeBytes, 'its header takes');
  const announced = headerSizeBytes + header.getUint32(8);
  if (bytes.length < announced) throw truncated(bytes, announced, 'its header (at offset 8) announces');
  if (bytes.length > announced) {
    throw new CorruptStateError(
      `The raft state continues after its end: its header (at offset 8) announces ${announced} bytes, ` +
        `but ${bytes.length - announced} more follow from offset ${announced} on.`,
    );
  }
  const expected = header.getUint32(checksumOffset);
  const found = checksumOf(bytes);
  if (found !== expected) {
    throw new CorruptStateError(
      `The raft state was altered: its bytes 0 to ${bytes.length - 1} have the checksum ${hex(found)}, ` +
        `but ${hex(expected)} is written at offset ${checksumOffset}.`,
    );
  }
}

function checkVersion(found: number): void {
  if (found >= commandsOnlyVersion && found <= formatVersion) return;
  const advice =
    found > formatVersion
      ? 'A newer program wrote it: start the server with that program or a later one.'
      : 'No program writes that version: restore the raft state from a copy.';
  throw new CorruptStateError(
    `The raft state has format version ${found} (at offset 4); this program reads the versions ${commandsOnlyVersion} ` +
      `to ${formatVersion}. ${advice}`,
  );
}

function decodeBody(bytes: Uint8Array): RaftState {
  const state = decodeState(bytes);
  const version = viewOf(bytes).getUint32(4);
  const other = version === commandsOnlyVersion ? state.entries.findIndex(isNoCommand) : -1;
  if (other === -1) return state;
  throw new CorruptStateError(
    `The raft state has format version ${version}, whose entries are commands, but its entry at index ` +
      `${state.lastIncludedIndex + 1 + other} is a ${state.entries[other]?.kind}.`,
  );
}

function isNoCommand({ kind }: LogEntry): boolean {
  return kind !== 'command';
}

function decodeState(bytes: Uint8Array): RaftState {
  try {
    return raftStateCodec.decode(bytes.subarray(headerSizeBytes));
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new CorruptStateError(
      `The raft state has a correct checksum, but its body (offset ${headerSizeBytes} to ${bytes.length - 1}) is not ` +
        `a state: ${error.message}.`,
      { cause: error },
    );
  }
}

function checkSnapshot(raftState: Uint8Array, lastIncludedIndex: LogIndex, data: Uint8Array): void {
  const header = viewOf(raftState);
  const expectedSize = header.getUint32(12);
  if (lastIncludedIndex === 0 && data.length > 0) {
    throw new CorruptStateError(`The raft state has no snapshot, but there is one of ${data.length} bytes.`);
  }
  if (data.length !== expectedSize) {
    const found = data.length === 0 ? 'but it is missing' : `but the stored one has ${data.length} bytes`;
    throw new CorruptStateError(
      `The raft state was written with a snapshot of ${expectedSize} bytes up to index ${lastIncludedIndex}, ${found}.`,
    );
  }
  const expected = header.getUint32(16);
  const found = crc32(data);
  if (found !== expected) {
    throw new CorruptStateError(
      `The snapshot up to index ${lastIncludedIndex} was altered: its bytes 0 to ${data.length - 1} have the checksum ` +
        `${hex(found)}, but the raft state (at offset 16) has ${hex(expected)}.`,
    );
  }
}

function checksumOf(bytes: Uint8Array): number {
  return crc32(bytes.subarray(headerSizeBytes), crc32(bytes.subarray(0, checksumOffset)));
}

function truncated(bytes: Uint8Array, expectedSizeBytes: number, what: string): CorruptStateError {
  return new CorruptStateError(
    `The raft state is truncated: it ends at offset ${bytes.length}, but ${what} ${expectedSizeBytes} bytes.`,
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, '0')}`;
}

/** The length of the encoded raft state in bytes, computed without encoding it. */
export function raftStateSizeBytes(state: {
  hardState: HardState;
  lastIncludedIndex: LogIndex;
  lastIncludedTerm: Term;
  entryCount: number;
  entriesSizeBytes: number;
}): number {
  const { hardState, lastIncludedIndex, lastIncludedTerm, entryCount, entriesSizeBytes } = state;
  return (
    headerSizeBytes +
    tupleHeaderSizeBytes(valuesBeforeEntries + 2 * entryCount) +
    integerSizeBytes(hardState.currentTerm) +
    (hardState.votedFor === null ? 1 : integerSizeBytes(hardState.votedFor)) +
    integerSizeBytes(lastIncludedIndex) +
    integerSizeBytes(lastIncludedTerm) +
    entriesSizeBytes
  );
}
