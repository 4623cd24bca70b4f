// The numbers that Raft leaves open, with their reasons.

export interface RaftConfig {
  /**
   * Election timeouts are drawn uniformly between these, in ms (§5.2). About two heartbeats at least, so that a late one
   * starts no election; short enough for several rounds of voting within 5 s. An election is a write of the candidate, one of
   * the voters and a round trip: where these take as long as a timeout, none is ever won (§5.6).
   */
  readonly electionTimeoutMinMs: number;
  readonly electionTimeoutMaxMs: number;
  /**
   * A leader that has nothing else to say speaks this often, in ms. The lab allows ten heartbeats a second; fewer keep the
   * RPC counts of its tests under the published ones, and a failed call is tried again long before the next heartbeat.
   */
  readonly heartbeatIntervalMs: number;
  /**
   * The most entries and command bytes that one AppendEntries carries; a single larger command still travels. It is also
   * what a turn sends to a follower: a few ms of work for all servers together when they share a process.
   */
  readonly maxEntriesPerMessage: number;
  readonly maxBytesPerMessage: number;
  /** The most AppendEntries with entries that may be on the way to one follower. */
  readonly maxInflightMessages: number;
}

export const defaultConfig: RaftConfig = {
  electionTimeoutMinMs: 300,
  electionTimeoutMaxMs: 500,
  heartbeatIntervalMs: 160,
  maxEntriesPerMessage: 1024,
  maxBytesPerMessage: 128 * 1024,
  maxInflightMessages: 32,
};

/** Completes what the caller gave with the defaults; throws a RangeError that names a number that makes no sense. */
export function completeConfig(given: Partial<RaftConfig> = {}): RaftConfig {
  const config = { ...defaultConfig, ...given };
  for (const [name, value] of Object.entries(config)) {
    if (!(value > 0 && value < Infinity))
      throw new RangeError(`${name} must be a positive number; got ${value}.`);
  }
  for (const name of ['maxEntriesPerMessage', 'maxBytesPerMessage', 'maxInflightMessages'] as const) {
    if (!Number.isSafeInteger(config[name]))
      throw new RangeError(`${name} must be a whole number; got ${config[name]}.`);
  }
  if (config.electionTimeoutMaxMs < config.electionTimeoutMinMs) {
    throw new RangeError('electionTimeoutMaxMs must not be less than electionTimeoutMinMs.');
  }
  if (config.electionTimeoutMinMs <= config.heartbeatIntervalMs) {
    throw new RangeError('electionTimeoutMinMs must be more than heartbeatIntervalMs.');
  }
  return config;
}
