// The restart of a peer: from `make` until it is ready for messages, from the bytes after a crash.
import { CommandEntry } from '@raftlab/protocol';
import { Persister } from '@raftlab/persister';
import { valueCodec } from '@raftlab/rpc';
import { make } from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';
import { z } from 'zod';
import { repeat, row, timed } from './measurement.mjs';

const entryCount = 100_000;
const commandCodec = valueCodec('command', z.int());

/** @type {import('./measurement.mjs').Measurement} */
export const restart = {
  name: 'restart',
  title: `restart from a Persister with ${entryCount.toLocaleString('en')} entries of an integer each`,
  async measure() {
    const runs = await repeat(() => measureRestart(entryCount));
    return [
      row(
        'make until ready',
        'ms',
        runs.map(({ ready }) => ready.wallMs),
      ),
      row(
        'of that, the peer without the reading',
        'ms',
        runs.map(({ peerAlone }) => peerAlone.wallMs),
      ),
      row(
        'the first write after it',
        'ms',
        runs.map(({ firstWrite }) => firstWrite.wallMs),
      ),
      row(
        'raft state',
        'MB',
        runs.map(({ sizeBytes }) => sizeBytes / 1e6),
      ),
    ];
  },
};

/** @param {number} count */
export async function measureRestart(count) {
  const raftState = writeLog(count);
  // `save` stores bytes only, so that `make` has to decode them.
  const persister = new Persister();
  persister.save(raftState, new Uint8Array(0));
  const ready = await timed(() => startPeer(persister, count));
  // The part without loading: an asynchronous storage of your own may load in several turns.
  const stored = persister.load();
  const peerAlone = await timed(() =>
    startPeer({ load: () => stored, write: () => {}, close: async () => {} }, count),
  );
  const firstWrite = await timed(() => persister.write({ hardState: { currentTerm: 2, votedFor: 0 } }));
  return { ready, peerAlone, firstWrite, sizeBytes: raftState.length };
}

/** @param {number} count */
function writeLog(count) {
  const persister = new Persister();
  const entries = Array.from({ length: count }, (_, offset) => {
    return new CommandEntry(1, commandCodec.encode(1_000_000 + offset));
  });
  persister.write({ hardState: { currentTerm: 1, votedFor: 0 }, log: { firstIndex: 1, entries } });
  return persister.readRaftState();
}

/**
 * @param {import('@raftlab/storage').Storage} storage
 * @param {number} expectedLastIndex
 */
function startPeer(storage, expectedLastIndex) {
  const unreachable = { call: async () => ({ ok: /** @type {const} */ (false) }) };
  let lastIndex = 0;
  const raft = make([unreachable, unreachable, unreachable], 0, storage, () => {}, {
    clock: new VirtualClock(),
    random: Random.fromSeed(1),
    commandCodec,
    observer: {
      onBegin: ({ log }) => {
        lastIndex = log.lastIndex;
      },
    },
  });
  if (lastIndex !== expectedLastIndex) throw new Error(`the peer came back with ${lastIndex} entries`);
  raft.kill();
}
