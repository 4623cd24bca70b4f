// States that version 1 of the format wrote, with the same bytes (the program at commit a4e5bef).
import { crc32 } from 'node:zlib';
import { Persister } from '@raftlab/persister';
import { CommandEntry, NoopEntry, raftStateCodec } from '@raftlab/protocol';
import { CorruptStateError, type StoredState } from '@raftlab/storage';
import { frameRaftState } from '#src/persisted-form';
import { describe, expect, test } from 'vitest';

const none = new Uint8Array(0);

interface Written {
  readonly raftState: Uint8Array;
  readonly snapshot: Uint8Array;
  readonly state: StoredState;
}

const hardState = { currentTerm: 300, votedFor: 2 };
const y = new CommandEntry(200, text('y=22'));
const z = new CommandEntry(300, text('z=333'));

const cases: ReadonlyArray<[what: string, written: Written]> = [
  [
    'a term without entries',
    {
      raftState: bytes('52414654000000010000000500000000000000008c1632629401c00000'),
      snapshot: none,
      state: { hardState: { currentTerm: 1, votedFor: null }, snapshot: undefined, entries: [] },
    },
  ],
  [
    'a log',
    {
      raftState: bytes(
        '52414654000000010000002200000000000000002b285ee09ccd012c02000001c403783d3101c400ccc8c404793d3232cd012cc4057a3d333333',
      ),
      snapshot: none,
      state: {
        hardState,
        snapshot: undefined,
        entries: [new CommandEntry(1, text('x=1')), new CommandEntry(1, none), y, z],
      },
    },
  ],
  [
    'a snapshot and a log',
    {
      raftState: bytes(
        '52414654000000010000001900000004d42acf3a098b395a98cd012c020201ccc8c404793d3232cd012cc4057a3d333333',
      ),
      snapshot: bytes('783d313b'),
      state: {
        hardState,
        snapshot: { lastIncludedIndex: 2, lastIncludedTerm: 1, data: text('x=1;') },
        entries: [y, z],
      },
    },
  ],
];

describe.each(cases)('%s, as version 1 wrote it', (_what, { raftState, snapshot, state }) => {
  test('is read', () => {
    expect(holding(raftState, snapshot).load()).toStrictEqual(state);
  });

  test('is written as version 2 by the next write, which changes only version and checksum', () => {
    const persister = holding(raftState, snapshot);
    persister.write({ hardState: state.hardState });
    const written = persister.readRaftState();
    expect(written[7]).toBe(2);
    expect(written.subarray(8, 20)).toEqual(raftState.subarray(8, 20));
    expect(written.subarray(24)).toEqual(raftState.subarray(24));
    expect(holding(written, persister.readSnapshot()).load()).toStrictEqual(state);
  });

  test('can be followed by a noop', () => {
    const persister = holding(raftState, snapshot);
    const firstIndex = (state.snapshot?.lastIncludedIndex ?? 0) + state.entries.length + 1;
    const noop = new NoopEntry(state.hardState.currentTerm);
    persister.write({ log: { firstIndex, entries: [noop] } });
    const read = holding(persister.readRaftState(), persister.readSnapshot()).load();
    expect(read).toStrictEqual({ ...state, entries: [...state.entries, noop] });
  });
});

test('a noop in a state of version 1 is an error: that version had none', () => {
  const state = { hardState, lastIncludedIndex: 7, lastIncludedTerm: 200, entries: [z, new NoopEntry(300)] };
  const raftState = asVersion1(frameRaftState(raftStateCodec.encode(state), none));
  const load = () => holding(raftState, none).load();
  expect(load).toThrow(CorruptStateError);
  expect(load).toThrow(
    'The raft state has format version 1, whose entries are commands, but its entry at index 9 is a noop.',
  );
});

/** The same body in a header of version 1, with the checksum of that header. */
function asVersion1(raftState: Uint8Array): Uint8Array {
  const frame = new Uint8Array(raftState);
  const header = new DataView(frame.buffer);
  header.setUint32(4, 1);
  header.setUint32(20, crc32(frame.subarray(24), crc32(frame.subarray(0, 20))));
  return frame;
}

function holding(raftState: Uint8Array, snapshot: Uint8Array): Persister {
  const persister = new Persister();
  persister.save(raftState, snapshot);
  return persister;
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function text(content: string): Uint8Array {
  return new Uint8Array(Buffer.from(content));
}
