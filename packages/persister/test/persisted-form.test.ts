// A damaged state is never read as another state, and never as an empty one.
import { CorruptStateError } from '@raftlab/storage';
import { Persister } from '@raftlab/persister';
import { CommandEntry, NoopEntry, raftStateCodec, type RaftState } from '@raftlab/protocol';
import { formatVersion, frameRaftState, headerSizeBytes } from '#src/persisted-form';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { history, writtenTo } from './histories.ts';

const written = history
  .filter((batches) => batches.some((batch) => Object.keys(batch).length > 0))
  .map((batches) => {
    const persister = writtenTo(new Persister(), batches);
    return { raftState: persister.readRaftState(), snapshot: persister.readSnapshot() };
  });
const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

function load(raftState: Uint8Array, snapshot: Uint8Array): unknown {
  const persister = new Persister();
  persister.save(raftState, snapshot);
  return persister.load();
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('corruption is detected', () => {
  test('any bit of the raft state flipped', () => {
    fc.assert(
      fc.property(written, place, ({ raftState, snapshot }, at) => {
        const bit = Math.floor(at * raftState.length * 8);
        expect(() => load(flipped(raftState, bit), snapshot)).toThrow(CorruptStateError);
      }),
      { numRuns: 1000 },
    );
  });

  test('any bit of the snapshot flipped', () => {
    fc.assert(
      fc.property(written, place, ({ raftState, snapshot }, at) => {
        fc.pre(snapshot.length > 0);
        const bit = Math.floor(at * snapshot.length * 8);
        expect(() => load(raftState, flipped(snapshot, bit))).toThrow(CorruptStateError);
      }),
    );
  });

  test('every single bit, of one state', () => {
    const { raftState, snapshot } = sample();
    for (let bit = 0; bit < raftState.length * 8; bit += 1) {
      expect(() => load(flipped(raftState, bit), snapshot), `bit ${bit}`).toThrow(CorruptStateError);
    }
  });

  test('truncated anywhere, or extended with any bytes', () => {
    fc.assert(
      fc.property(written, place, fc.uint8Array({ minLength: 1 }), ({ raftState, snapshot }, at, more) => {
        const length = 1 + Math.floor(at * (raftState.length - 1));
        expect(() => load(raftState.subarray(0, length), snapshot)).toThrow(/truncated.*ends at offset/);
        expect(() => load(Uint8Array.from([...raftState, ...more]), snapshot)).toThrow(
          'continues after its end',
        );
        expect(() => load(raftState, Uint8Array.from([...snapshot, ...more]))).toThrow(CorruptStateError);
      }),
      { numRuns: 500 },
    );
  });

  test('several bytes replaced', () => {
    fc.assert(
      fc.property(
        written,
        place,
        fc.uint8Array({ minLength: 1, maxLength: 4 }),
        ({ raftState, snapshot }, at, patch) => {
          const damaged = new Uint8Array(raftState);
          damaged.set(
            patch.subarray(0, raftState.length - Math.floor(at * raftState.length)),
            Math.floor(at * raftState.length),
          );
          fc.pre(damaged.some((byte, offset) => byte !== raftState[offset]));
          expect(() => load(damaged, snapshot)).toThrow(CorruptStateError);
        },
      ),
    );
  });

  test('any other bytes that are not empty', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.uint8Array(), (raftState, snapshot) => {
        expect(() => load(raftState, snapshot)).toThrow(CorruptStateError);
      }),
    );
  });

  test('a persister with such bytes rejects writes too', () => {
    const persister = new Persister();
    persister.save(Uint8Array.of(1), new Uint8Array(0));
    expect(() => persister.write({ hardState: { currentTerm: 1, votedFor: null } })).toThrow(
      CorruptStateError,
    );
    expect(persister.readRaftState()).toEqual(Uint8Array.of(1));
  });
});

function encodeRaftState(state: RaftState, snapshotData: Uint8Array): Uint8Array {
  return frameRaftState(raftStateCodec.encode(state), snapshotData);
}

function sample(): { state: RaftState; raftState: Uint8Array; snapshot: Uint8Array } {
  const state: RaftState = {
    hardState: { currentTerm: 4, votedFor: 1 },
    lastIncludedIndex: 9,
    lastIncludedTerm: 2,
    entries: [new CommandEntry(3, Uint8Array.of(7, 7)), new NoopEntry(4)],
  };
  const snapshot = Uint8Array.of(1, 2, 3);
  return { state, raftState: encodeRaftState(state, snapshot), snapshot };
}

describe('the error has the reason and the place', () => {
  const { state, raftState, snapshot } = sample();
  const none = new Uint8Array(0);
  const size = raftState.length;
  const patched = (offset: number, ...bytes: number[]): Uint8Array => {
    const copy = new Uint8Array(raftState);
    copy.set(bytes, offset);
    return copy;
  };
  const terms = { ...state, hardState: { currentTerm: 1, votedFor: null } };

  test.each<[what: string, raftState: Uint8Array, snapshot: Uint8Array, message: RegExp]>([
    [
      'only the snapshot exists',
      none,
      snapshot,
      /^The raft state is missing \(0 bytes\), but .* snapshot of 3 bytes\.$/,
    ],
    [
      'only a few bytes exist',
      raftState.subarray(0, 3),
      snapshot,
      /^The raft state is truncated: it ends at offset 3, but its header takes 24 bytes\.$/,
    ],
    [
      'only half of the header exists',
      raftState.subarray(0, 20),
      snapshot,
      /ends at offset 20, but its header takes 24 bytes\.$/,
    ],
    [
      'the end is missing',
      raftState.subarray(0, size - 1),
      snapshot,
      new RegExp(`ends at offset ${size - 1}, but its header \\(at offset 8\\) announces ${size} bytes\\.$`),
    ],
    [
      'something follows',
      Uint8Array.from([...raftState, 0, 0]),
      snapshot,
      new RegExp(`announces ${size} bytes, but 2 more follow from offset ${size} on\\.$`),
    ],
    [
      'the bytes are of another format',
      patched(0, 0x7b),
      snapshot,
      /at offset 0, expected 0x52414654, found 0x7b414654\.$/,
    ],
    [
      'the version is newer',
      patched(4, 0, 0, 0, 3),
      snapshot,
      /^The raft state has format version 3 \(at offset 4\); this program reads the versions 1 to 2\. A newer program wrote it: start the server with that program or a later one\.$/,
    ],
    [
      'the version does not exist',
      patched(4, 0, 0, 0, 0),
      snapshot,
      /format version 0 \(at offset 4\); .* No program writes that version: restore the raft state from a copy\.$/,
    ],
    [
      'a byte was altered',
      patched(26, 99),
      snapshot,
      new RegExp(
        `bytes 0 to ${size - 1} have the checksum 0x[0-9a-f]{8}, but 0x[0-9a-f]{8} is written at offset 20\\.$`,
      ),
    ],
    [
      'the snapshot is missing',
      raftState,
      none,
      /^The raft state was written with a snapshot of 3 bytes up to index 9, but it is missing\.$/,
    ],
    [
      'the snapshot is shorter',
      raftState,
      Uint8Array.of(1),
      /snapshot of 3 bytes up to index 9, but the stored one has 1 bytes\.$/,
    ],
    [
      'the snapshot was altered',
      raftState,
      Uint8Array.of(1, 2, 4),
      /^The snapshot up to index 9 was altered: .* checksum 0x[0-9a-f]{8}, but .*at offset 16\) has 0x/,
    ],
    [
      'there is a snapshot without its state',
      encodeRaftState({ ...state, lastIncludedIndex: 0, lastIncludedTerm: 0 }, none),
      snapshot,
      /^The raft state has no snapshot, but there is one of 3 bytes\.$/,
    ],
    [
      'the body is not a state',
      encodeRaftState(terms, snapshot),
      snapshot,
      /correct checksum, but its body \(offset 24 to \d+\) is not a state: .*terms of the entries decrease/,
    ],
  ])('when %s', (_what, givenState, givenSnapshot, message) => {
    expect(() => load(givenState, givenSnapshot)).toThrow(CorruptStateError);
    expect(() => load(givenState, givenSnapshot)).toThrow(message);
  });

  test('any later format is rejected with its version, for any header', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: formatVersion + 1, max: 0xffff_ffff }),
        fc.uint8Array(),
        (version, rest) => {
          const future = Uint8Array.from([...raftState.subarray(0, 4), ...Buffer.alloc(4), ...rest]);
          new DataView(future.buffer).setUint32(4, version);
          expect(() => load(future, snapshot)).toThrow(`format version ${version} (at offset 4)`);
        },
      ),
    );
  });
});

test('the format: magic, version, sizes, checksums, and the codec of protocol', () => {
  const { state, raftState, snapshot } = sample();
  const header = new DataView(raftState.buffer, raftState.byteOffset);
  expect(Buffer.from(raftState.subarray(0, 4)).toString()).toBe('RAFT');
  expect(header.getUint32(4)).toBe(2);
  expect(header.getUint32(8)).toBe(raftState.length - headerSizeBytes);
  expect(header.getUint32(12)).toBe(snapshot.length);
  expect(raftState.subarray(headerSizeBytes)).toEqual(raftStateCodec.encode(state));
  // A golden: later versions must be able to read these bytes.
  expect(Buffer.from(raftState).toString('hex')).toMatchInlineSnapshot(
    `"52414654000000020000000c0000000355bc801df26de59d980401090203c402070704c0"`,
  );
});
