// What Raft leaves open, with the reasons for the values here.

/** The settings of a peer. Times are in ms. */
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
   * The most entries, and bytes of commands or of a snapshot, that one message carries; a single larger command still travels.
   * It is also what a turn sends to a follower: a few ms of work for all servers together when they share a process. On a
   * slow link messages carry less, so that no message occupies it for as long as an election timeout.
   */
  readonly maxEntriesPerMessage: number;
  readonly maxBytesPerMessage: number;
  /** The most messages with entries, or chunks of a snapshot, that may be in flight to one follower. */
  readonly maxInflightMessages: number;
  /**
   * The most bytes that may be in flight to one follower, not counting the message that reaches the bound. What a link carries
   * in a round trip: 4 MB are 10 Gbit/s at 3 ms, or 160 Mbit/s at 200 ms. Less is allowed while answers come late.
   */
  readonly maxInflightBytes: number;
  /**
   * The largest snapshot that this server accepts from a leader, in bytes: it is put together in memory. A larger one stops the
   * peer. The same on every server.
   */
  readonly maxSnapshotBytes: number;
  /**
   * How many entries, and bytes of their commands, a server keeps in memory of those that its snapshot covers: the last ones. A
   * leader sends them to a follower that lags by no more than that, which would otherwise need the whole snapshot. Both bounds
   * hold; 0 keeps none. More than is proposed while a snapshot is sent, or the follower needs the next one as soon as it has it.
   */
  readonly snapshotTailEntries: number;
  readonly snapshotTailBytes: number;
  /**
   * Whether a new leader appends a noop entry to its log (§8). Its commit also commits the entries of earlier terms, which
   * otherwise waits for the first command of the leader's term (§5.4.2). A noop takes an index of the log.
   */
  readonly appendsNoop: boolean;
  /**
   * The longest command that `start` takes, in bytes as encoded. A command travels in one message, and what is sent after it
   * waits for it: 1 MiB takes 0.1 s on a link of 10 MB/s, a third of the shortest election timeout. Larger values belong in
   * several commands, or in another store that the command names.
   */
  readonly maxCommandBytes: number;
  /**
   * The most entries, and the most command bytes, that a leader's log has without being committed; `start` refuses more as
   * `busy`. They bound the memory of every server while no majority answers. By default several seconds of the load that a
   * process can carry.
   */
  readonly maxUncommittedEntries: number;
  readonly maxUncommittedBytes: number;
  /**
   * The most committed entries, and their command bytes, that may wait for the service. At the bound a leader refuses
   * proposals as `busy`, and a follower accepts no entries until its service has caught up. They bound the memory of a server
   * whose service is slow or stuck, together with what is uncommitted.
   */
  readonly maxUnappliedEntries: number;
  readonly maxUnappliedBytes: number;
  /**
   * Whether a server asks for pre-votes before it begins an election, and refuses its vote while it hears a leader (thesis
   * 9.6, 4.2.3). A server that was cut off then deposes no leader when it returns. Give every server the same setting.
   */
  readonly preVote: boolean;
  /**
   * Lease reads (thesis 6.4.1): a leader that a majority has confirmed serves reads without another round for
   * electionTimeoutMinMs / (1 + maxClockDriftRatio). Linearizable only while no clock of a voter runs faster than the leader's
   * by more than this ratio (0.1 is 10 %), and clocks go on while a machine sleeps. Needs `preVote`, and the same setting on
   * every server. False: each read has a round.
   */
  readonly leaseReads: false | { readonly maxClockDriftRatio: number };
}

/**
 * The settings of the lab. Its tests count the indexes of the log, so no leader appends a noop; its page gives the RPCs of each
 * test, among which two pre-votes for each election have no room; and it demands that a snapshot discards what it covers.
 */
export const defaultConfig: RaftConfig = {
  electionTimeoutMinMs: 300,
  electionTimeoutMaxMs: 500,
  heartbeatIntervalMs: 160,
  maxEntriesPerMessage: 1024,
  maxBytesPerMessage: 128 * 1024,
  maxInflightMessages: 32,
  maxInflightBytes: 4 * 1024 * 1024,
  maxSnapshotBytes: 2 * 1024 * 1024 * 1024,
  snapshotTailEntries: 0,
  snapshotTailBytes: 0,
  appendsNoop: false,
  maxCommandBytes: 1024 * 1024,
  maxUncommittedEntries: 64 * 1024,
  maxUncommittedBytes: 64 * 1024 * 1024,
  maxUnappliedEntries: 64 * 1024,
  maxUnappliedBytes: 64 * 1024 * 1024,
  preVote: false,
  leaseReads: false,
};

/** The settings that count something, and so must be whole numbers. */
const wholeNumbers = [
  'maxEntriesPerMessage',
  'maxBytesPerMessage',
  'maxInflightMessages',
  'maxInflightBytes',
  'maxSnapshotBytes',
  'snapshotTailEntries',
  'snapshotTailBytes',
  'maxCommandBytes',
  'maxUncommittedEntries',
  'maxUncommittedBytes',
  'maxUnappliedEntries',
  'maxUnappliedBytes',
] as const satisfies ReadonlyArray<keyof RaftConfig>;

/** The settings that may be 0. */
const mayBeZero: ReadonlySet<string> = new Set(['snapshotTailEntries', 'snapshotTailBytes']);

/** The settings for a service: as `defaultConfig`, with noops, pre-votes and a tail of the log behind each snapshot. */
export const serviceConfig: RaftConfig = {
  ...defaultConfig,
  appendsNoop: true,
  preVote: true,
  snapshotTailEntries: 10 * 1024,
  snapshotTailBytes: 16 * 1024 * 1024,
};

/** Completes the given settings with those of `defaultConfig`. Throws a RangeError that names an invalid setting. */
export function completeConfig(given: Partial<RaftConfig> = {}): RaftConfig {
  const { appendsNoop, preVote, leaseReads, ...numbers } = { ...defaultConfig, ...given };
  const config = { ...numbers, appendsNoop, preVote, leaseReads };
  for (const [name, value] of Object.entries({ appendsNoop, preVote })) {
    if (typeof value !== 'boolean')
      throw new RangeError(`${name} must be true or false; got ${String(value)}.`);
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (value === 0 && mayBeZero.has(name)) continue;
    if (!(value > 0 && value < Infinity))
      throw new RangeError(`${name} must be a positive number; got ${value}.`);
  }
  for (const name of wholeNumbers) {
    if (!Number.isSafeInteger(config[name]))
      throw new RangeError(`${name} must be a whole number; got ${config[name]}.`);
  }
  if (config.electionTimeoutMaxMs < config.electionTimeoutMinMs) {
    throw new RangeError('electionTimeoutMaxMs must not be less than electionTimeoutMinMs.');
  }
  if (config.electionTimeoutMinMs <= config.heartbeatIntervalMs) {
    throw new RangeError('electionTimeoutMinMs must be more than heartbeatIntervalMs.');
  }
  checkLeaseReads(config);
  return config;
}

function checkLeaseReads({ leaseReads, preVote }: RaftConfig): void {
  if (leaseReads === false) return;
  const { maxClockDriftRatio } = leaseReads;
  if (!(maxClockDriftRatio > 0 && maxClockDriftRatio < 1))
    throw new RangeError(
      `leaseReads.maxClockDriftRatio must be more than 0 and less than 1; got ${maxClockDriftRatio}.`,
    );
  if (!preVote)
    throw new RangeError(
      'leaseReads needs preVote: true, since a lease relies on voters that withhold their votes.',
    );
}
