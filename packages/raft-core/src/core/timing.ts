// The timeouts of a peer from one number, or one by one, checked against the network and the disk that they are for (§5.6).
import { assert } from '@raftlab/runtime/assert';
import { defaultConfig, type RaftConfig } from './config.ts';

/** The timeouts among the settings of a peer. */
export type Timing = Pick<
  RaftConfig,
  'electionTimeoutMinMs' | 'electionTimeoutMaxMs' | 'heartbeatIntervalMs'
>;

/** What the timeouts are for, in ms. */
export interface TimingOptions {
  /** The shortest election timeout. By default that of `defaultConfig`. */
  readonly electionTimeoutMs?: number | undefined;
  /** By default a third of the election timeout: two heartbeats may be lost. */
  readonly heartbeatIntervalMs?: number | undefined;
  /** The slowest round trip between two servers that should not end a leadership; 0 unless set. */
  readonly roundTripMs?: number | undefined;
  /** The slowest durable write of a server, not the typical one; 0 unless set. */
  readonly slowestWriteMs?: number | undefined;
}

/** The longest election timeout beside the shortest: the spread that makes split votes rare (§9.3), as in `defaultConfig`. */
const spreadRatio = defaultConfig.electionTimeoutMaxMs / defaultConfig.electionTimeoutMinMs;

/**
 * Derives the timeouts, and checks two rules. An election is a write of the candidate, one of the voters and a round trip, and it
 * must end before the next candidate stands. A heartbeat must arrive before a follower stops waiting for it. Throws a RangeError
 * that names the rule.
 */
export function timingFor({
  electionTimeoutMs = defaultConfig.electionTimeoutMinMs,
  heartbeatIntervalMs = Math.max(1, Math.floor(electionTimeoutMs / 3)),
  roundTripMs = 0,
  slowestWriteMs = 0,
}: TimingOptions = {}): Timing {
  for (const [name, value] of Object.entries({ electionTimeoutMs, heartbeatIntervalMs }))
    if (!(value > 0 && value < Infinity))
      throw new RangeError(`${name} must be a positive number of ms; got ${value}.`);
  for (const [name, value] of Object.entries({ roundTripMs, slowestWriteMs }))
    if (!(value >= 0 && value < Infinity))
      throw new RangeError(`${name} must be a number of ms, 0 or more; got ${value}.`);
  const electionMs = 2 * slowestWriteMs + roundTripMs;
  if (electionTimeoutMs <= electionMs)
    throw new RangeError(
      `electionTimeoutMs must be more than 2 × slowestWriteMs + roundTripMs = ${electionMs}, which is how long an election takes; got ${electionTimeoutMs}.`,
    );
  const silenceMs = heartbeatIntervalMs + roundTripMs;
  if (electionTimeoutMs <= silenceMs)
    throw new RangeError(
      `electionTimeoutMs must be more than heartbeatIntervalMs + roundTripMs = ${silenceMs}, or followers do not wait for a heartbeat; got ${electionTimeoutMs}.`,
    );
  const electionTimeoutMaxMs = Math.ceil(electionTimeoutMs * spreadRatio);
  assert(electionTimeoutMaxMs >= electionTimeoutMs, 'timeouts spread upwards');
  return { electionTimeoutMinMs: electionTimeoutMs, electionTimeoutMaxMs, heartbeatIntervalMs };
}
