// The memory of a long log of small entries, without the bytes of its commands: in Raft's log, and in the Persister that
// simulates the disk. Bytes outside of the heap count like those inside.
import { Persister } from '@raftlab/persister';
import { appendEntriesArgsCodec, CommandEntry } from '@raftlab/protocol';
import { make } from '@raftlab/raft-core';
import { Random, VirtualClock } from '@raftlab/runtime';
import { elapse, heapUsedBytes, row } from './measurement.mjs';
import { commandCodec, commandOf } from './workload.mjs';

const entryCount = 1_000_000;
const entriesPerMessage = 1000;
const commandSizeBytes = 16;

/** @type {import('./measurement.mjs').Measurement} */
export const memory = {
  name: 'memory',
  title: `memory of one entry of ${commandSizeBytes} B beside its bytes, in a log of ${entryCount.toLocaleString('en')}`,
  measure: async () => [
    row("in a leader's log", 'B', [await leaderBytes(entryCount)]),
    row("in a follower's log", 'B', [await followerBytes(entryCount)]),
    row('in the Persister', 'B', [await persisterBytes(entryCount)]),
  ],
};

/** A cluster of one, on storage that keeps nothing. @param {number} count */
export async function leaderBytes(count) {
  await settle();
  const clock = new VirtualClock();
  const raft = startPeer(clock, 1);
  return await clock.run(async () => {
    while (!raft.getState().isLeader) await clock.sleep(100);
    const command = commandOf(commandSizeBytes);
    return await bytesPerEntry(count, async () => {
      for (let proposed = 0; proposed < entriesPerMessage; proposed += 1) raft.start(command);
      await clock.sleep(1);
    });
  });
}

/** One of three servers, which receives a leader's messages as bytes. @param {number} count */
export async function followerBytes(count) {
  await settle();
  const clock = new VirtualClock();
  const raft = startPeer(clock, 3);
  const append = raft.service.methods.get('AppendEntries');
  if (append === undefined) throw new Error('Raft has no AppendEntries');
  let lastIndex = 0;
  return await clock.run(() =>
    bytesPerEntry(count, async () => {
      const message = {
        term: 1,
        leaderId: 1,
        prevLogIndex: lastIndex,
        prevLogTerm: lastIndex === 0 ? 0 : 1,
        round: 50,
      };
      await append.dispatch(
        appendEntriesArgsCodec.encode({ ...message, entries: someEntries(), leaderCommit: lastIndex }),
      );
      lastIndex += entriesPerMessage;
      await clock.sleep(1);
    }),
  );
}

/** @param {number} count */
export async function persisterBytes(count) {
  await settle();
  const persister = new Persister();
  persister.write({ hardState: { currentTerm: 1, votedFor: 0 } });
  let firstIndex = 1;
  return await bytesPerEntry(count, () => {
    persister.write({ log: { firstIndex, entries: someEntries() } });
    firstIndex += entriesPerMessage;
  });
}

/**
 * The memory that `count` entries keep, when `add` adds as many as fit into a message.
 * @param {number} count
 * @param {() => unknown} add
 */
async function bytesPerEntry(count, add) {
  const before = heapUsedBytes();
  for (let added = 0; added < count; added += entriesPerMessage) await add();
  const after = heapUsedBytes();
  await add(); // keeps the measured objects in use, otherwise they could be collected
  return (after - before) / count - commandSizeBytes;
}

/** Memory of an earlier measurement is kept until the next turn of the event loop. */
const settle = () => elapse(50);

function someEntries() {
  const command = commandCodec.encode(commandOf(commandSizeBytes));
  return Array.from({ length: entriesPerMessage }, () => new CommandEntry(1, command));
}

/**
 * @param {VirtualClock} clock
 * @param {number} serverCount
 */
function startPeer(clock, serverCount) {
  const nobody = { call: async () => ({ ok: /** @type {const} */ (false) }) };
  const forgetful = { load: () => undefined, write: () => {}, close: async () => {} };
  const peers = Array.from({ length: serverCount }, () => nobody);
  return make(peers, 0, forgetful, () => {}, { clock, random: Random.fromSeed(1), commandCodec });
}
