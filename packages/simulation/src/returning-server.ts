// A server that returns to a healthy majority. L9: it gets what it missed while the others went on, over links as slow as they
// are: in about the time that the bytes need, with about the bytes that it misses, and without costing the leader its term.
// L10: with an empty disk it may stay useless, but the leader goes on and does not flood it.
import { payloadOf, type ServerId } from '@raftlab/protocol';
import { defaultConfig, type RaftState } from '@raftlab/raft-core';
import type { HealedCluster, LivenessOptions } from './healed-cluster.ts';
import {
  acknowledgedMs,
  catchUpMs,
  contentOf,
  lateSnapshots,
  missedBy,
  overtakes,
  roundTripMs,
  windowsMs,
  type Missed,
} from './catch-up-time.ts';
import { connect, startAgain } from './healing.ts';
import type { Mix } from './mix.ts';
import type { SimCluster } from './sim-cluster.ts';

/** What the server misses: as much as its link carries in this time, or a number of commands if that comes first. */
const missedLinkMs = 2_000;
const missedCommandsMax = 60;
const commandsAtOnce = 10;
/** It may be sent this factor of the bytes that it needs. */
const bytesFactor = 1.2;
/** Until its leader notices that it is back, and a few round trips, in ms. */
const noticedWithinMs = 3 * defaultConfig.heartbeatIntervalMs;
const roundTrips = 10;
/** Where messages overtake each other a window may be refused, and then its entries are probed for: this factor of round trips. */
const overtakenFactor = 2;
/** A heartbeat or a reply, and what a message has beside its entries, in bytes. */
const overheadBytes = 64;
const settledWithinMs = 120_000;

export async function checkReturn(
  cluster: SimCluster,
  healed: HealedCluster,
  { random, mix, clock }: LivenessOptions,
): Promise<void> {
  const away = cluster.membership.members.filter(
    (server) => !healed.core.includes(server) && !cluster.isWiped(server),
  );
  if (away.length === 0) return;
  const late = random.pick(away);
  await checkCatchUp(cluster, healed, { late, mix, clock });
  if (mix.wipesMax > 0) await checkEmptyDisk(cluster, healed, { late, mix });
}

async function checkCatchUp(
  cluster: SimCluster,
  healed: HealedCluster,
  { late, mix, clock }: Pick<LivenessOptions, 'mix' | 'clock'> & { readonly late: ServerId },
): Promise<void> {
  const all = healed.with(late);
  // First it catches up with the past, which may cost an election.
  connect(cluster, late, healed.connected);
  startAgain(cluster, late);
  await all.untilLed();
  const pastMs = catchUpMs(mix, contentOf(all.leaderState()));
  await all.propose('L3: expected a server that returns to catch up', 1, pastMs);
  // It may have applied what it has not stored yet, and loses that in the crash: what it has acknowledged it keeps.
  const before = all.progressOf(late)?.matchIndex ?? 0;
  cluster.inflict({ kind: 'crash', server: late });
  await proposeMuch(cluster, healed, mix);
  const leader = healed.leaderState();
  if (leader === undefined) throw healed.violation('L9: the leader was lost while one server was away');
  startAgain(cluster, late);
  const missed = missedBy(leader, before);
  const since = {
    ms: clock.now(),
    bytes: cluster.network.sentBytes(leader.me, late),
    count: cluster.network.sentCount(leader.me, late),
  };
  await all.until('L9: expected the server that returned to catch up', catchUpMs(mix, missed), () =>
    all.hasApplied(leader.commitIndex),
  );
  const spent = {
    ms: clock.now() - since.ms,
    bytes: cluster.network.sentBytes(leader.me, late) - since.bytes,
    messages: cluster.network.sentCount(leader.me, late) - since.count,
  };
  expectFrugal(healed, { mix, missed, spent, leader });
}

/** How long a leader is watched that has a server with an empty disk, in ms. */
const emptyDiskMs = 10_000;
/** Until its leader knows whether the server has lost what it acknowledged, in ms. */
const emptyDiskSeenMs = 2000;

async function checkEmptyDisk(
  cluster: SimCluster,
  healed: HealedCluster,
  { late, mix }: Pick<LivenessOptions, 'mix'> & { readonly late: ServerId },
): Promise<void> {
  cluster.inflict({ kind: 'crash', server: late });
  cluster.inflict({ kind: 'wipe', server: late, to: 'empty' });
  if (!cluster.isWiped(late)) return;
  startAgain(cluster, late);
  await healed.propose('L10: expected the majority to go on beside an empty disk', 1, settledWithinMs);
  await healed.sleep(emptyDiskSeenMs);
  // A server that had acknowledged nothing in this term is fed like any other one.
  await healed.letWipedCatchUp(catchUpMs(mix, contentOf(healed.leaderState())));
  await healed.expectIdle(emptyDiskMs);
}

/** Proposes until enough bytes or commands are committed. */
async function proposeMuch(cluster: SimCluster, healed: HealedCluster, mix: Mix): Promise<void> {
  const wantedBytes = mix.link === undefined ? Infinity : mix.link.bytesPerMs * missedLinkMs;
  let bytes = 0;
  for (let count = 0; count < missedCommandsMax && bytes < wantedBytes; count += commandsAtOnce) {
    const log = healed.leaderState()?.log;
    const what = 'L9: expected the majority to go on without the server that is away';
    const last = await healed.propose(what, commandsAtOnce, settledWithinMs);
    for (let index = last - commandsAtOnce + 1; index <= last; index += 1) {
      const entry = log?.entryAt(index);
      bytes += entry === undefined ? 0 : payloadOf(entry).length;
    }
  }
}

interface Return {
  readonly mix: Mix;
  readonly missed: Missed;
  readonly spent: { readonly ms: number; readonly bytes: number; readonly messages: number };
  readonly leader: RaftState;
}

function expectFrugal(healed: HealedCluster, { mix, missed, spent, leader }: Return): void {
  const what = `the server that returned missed ${missed.sizeBytes} bytes`;
  const now = healed.leaderState();
  if (now?.me !== leader.me)
    throw healed.violation(`L9: ${what}, and its return cost server ${leader.me} its term`);
  if (mix.link === undefined) return;
  const late = lateSnapshots(mix, missed.entryCount);
  // A single larger command still travels in one message.
  const message = Math.max(
    mix.messageBounds.maxBytesPerMessage ?? defaultConfig.maxBytesPerMessage,
    ...(mix.payload?.sizesBytes ?? []),
  );
  // A late snapshot is sent too, and covers a message with entries that is under way.
  const lateBytes = late.count * ((leader.log.snapshot?.data.length ?? 0) + message);
  const allowedBytes = missed.sizeBytes * bytesFactor + spent.messages * overheadBytes + message + lateBytes;
  // Where messages overtake each other, some are refused and sent again: that takes time, and has no bound in bytes.
  const isInOrder = !overtakes(mix);
  const carriedBytes = isInOrder ? allowedBytes : spent.bytes;
  const allowedMs =
    noticedWithinMs +
    roundTrips * roundTripMs(mix) +
    acknowledgedMs(mix) +
    carriedBytes / mix.link.bytesPerMs +
    (isInOrder ? 1 : overtakenFactor) * windowsMs(mix, missed) +
    late.ms;
  if (spent.ms > allowedMs)
    throw healed.violation(
      `L9: ${what}, and caught up in ${spent.ms.toFixed(0)} ms; ${allowedMs.toFixed(0)} are enough`,
    );
  if (isInOrder && spent.bytes > allowedBytes)
    throw healed.violation(`L9: ${what}, and was sent ${spent.bytes}; ${allowedBytes.toFixed(0)} are enough`);
}
