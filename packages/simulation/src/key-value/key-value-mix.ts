// How many clients a run of the key/value service has, and what they do. Drawn from a stream of its own, so that a seed has the same
// servers, network and faults as without clients.
import type { Random } from '@raftlab/runtime';

/** The largest number of clients of a run. */
export const clientsMax = 5;

/** More operations would make a run slow, and find nothing more. */
const operationsMax = 600;
/** Each may leave an operation without a known end, and the check of a history takes longer with every one. */
const clientCrashesMax = 12;

/** The clients of one run, and the bounds of its servers. */
export interface KeyValueMix {
  readonly clients: number;
  /** How many keys they share. */
  readonly keys: number;
  /** Mean time between two operations of all clients together, in ms. */
  readonly operationIntervalMs: number;
  readonly operationsMax: number;
  /** Mean time between two crashes of clients, in ms; none when 0. */
  readonly clientCrashIntervalMs: number;
  readonly clientCrashesMax: number;
  /** Mean time between two short interruptions of the leader, in ms; none when 0. */
  readonly interruptionIntervalMs: number;
  /** The most sessions that the servers keep: enough for all clients, or so few that those of crashed clients are closed. */
  readonly sessionsMax: number;
  /** Reads take a place in the log, as on a peer that cannot confirm its leadership. */
  readonly readsByLog: boolean;
  /** Replaces that of the run: clients need a leader now and then, or nothing is executed that could be wrong. */
  readonly faultIntervalMs: number;
}

/** Draws the clients of a run. */
export function drawKeyValueMix(random: Random): KeyValueMix {
  const clients = random.int(2, clientsMax);
  return {
    clients,
    keys: random.int(1, 3),
    operationIntervalMs: random.pick([3, 10, 30]),
    operationsMax,
    clientCrashIntervalMs: random.pick([0, 500, 2000]),
    clientCrashesMax,
    sessionsMax: random.pick([4096, clients, clients + 1]),
    readsByLog: random.chance(1, 4),
    interruptionIntervalMs: random.fork('interruptions').pick([0, 1000, 3000]),
    faultIntervalMs: random.pick([100, 300, 1000, 3000]),
  };
}
