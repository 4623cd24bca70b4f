// The bytes that a log entry adds to the persisted state. The lab's bound of the log size (2,000 bytes with some 30 entries) depends on it.
import { CommandEntry, NoopEntry } from '@raftlab/protocol';
import { Persister } from '@raftlab/persister';
import { valueCodec } from '@raftlab/rpc';
import { z } from 'zod';
import { row } from './measurement.mjs';

const entryCount = 1000;

/** @type {import('./measurement.mjs').Measurement} */
export const entrySize = {
  name: 'entry-size',
  title: 'bytes that one log entry adds to the persisted state',
  measure: () => [
    row('a command of 8 bytes, term 5', 'B', [sizeOfEntry(new CommandEntry(5, new Uint8Array(8)))]),
    row('a command of 8 bytes, term 1,000', 'B', [sizeOfEntry(new CommandEntry(1000, new Uint8Array(8)))]),
    row("the lab's random integer, term 5", 'B', [
      sizeOfEntry(new CommandEntry(5, valueCodec('command', z.int()).encode(Number.MAX_SAFE_INTEGER))),
    ]),
    row('a noop, term 5', 'B', [sizeOfEntry(new NoopEntry(5))]),
  ],
};

/** @param {import('@raftlab/protocol').LogEntry} entry */
function sizeOfEntry(entry) {
  const persister = new Persister();
  persister.write({
    hardState: { currentTerm: entry.term, votedFor: 0 },
    log: { firstIndex: 1, entries: [entry] },
  });
  const sizeBefore = persister.readRaftState().length;
  const entries = Array.from({ length: entryCount }, () => entry);
  persister.write({ log: { firstIndex: 2, entries } });
  return (persister.readRaftState().length - sizeBefore) / entryCount;
}
