// Appends to a write-ahead log until it is killed, several writes at a time, and prints the last index of each that is acknowledged.
// usage: node writer.mjs DIRECTORY MODE; MODE is `wal`, or one of the canaries: `early` acknowledges a write that has only begun,
// `unsynced` writes through a file system that syncs nothing, `deaf` through one that ignores errors. A check that finds no loss with
// them would prove nothing without them.
import { writeSync } from 'node:fs';
import { openWal } from '@raftlab/wal';
import { checkState, entryOf, segmentSizeBytes, server, snapshotOf } from './content.mjs';
import { DeafFileSystem } from './deaf-file-system.mjs';
import { UnsyncedFileSystem } from './unsynced-file-system.mjs';

const writesAtATime = 8;
const entriesPerWriteMax = 5;
/** A snapshot covers everything up to here every so many entries. */
const entriesPerSnapshot = 700;

const [directory = '', mode = 'wal'] = process.argv.slice(2);
const wal = await openWal(directory, {
  ...server,
  segmentSizeBytes,
  start: 'either',
  ...(mode === 'unsynced' && { fileSystem: new UnsyncedFileSystem() }),
  ...(mode === 'deaf' && { fileSystem: new DeafFileSystem() }),
});
let lastIndex = checkState(await wal.load());
let lastSnapshotIndex = lastIndex;
if (lastIndex === 0) await wal.write({ hardState: { currentTerm: 1, votedFor: 0 } });
await Promise.all(Array.from({ length: writesAtATime }, append));

async function append() {
  for (;;) {
    const firstIndex = lastIndex + 1;
    const count = 1 + (firstIndex % entriesPerWriteMax);
    lastIndex += count;
    const acknowledged = lastIndex;
    const entries = Array.from({ length: count }, (_, offset) => entryOf(firstIndex + offset));
    const written = wal.write({ log: { firstIndex, entries } });
    if (mode !== 'early') await written;
    writeSync(1, `${acknowledged}\n`);
    await written;
    if (acknowledged - lastSnapshotIndex < entriesPerSnapshot) continue;
    lastSnapshotIndex = acknowledged;
    await wal.write({ snapshot: snapshotOf(acknowledged) });
  }
}
