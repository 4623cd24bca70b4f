// The settings of a scenario: round numbers and no randomness, so that a reader can follow the time.
import { defaultConfig, type RaftConfig } from '@raftlab/raft-core';

/** An election timeout is 1000 ms after the last reset, a heartbeat 100 ms after the last message. No pre-votes. */
export const scenarioConfig: RaftConfig = {
  ...defaultConfig,
  electionTimeoutMinMs: 1000,
  electionTimeoutMaxMs: 1000,
  heartbeatIntervalMs: 100,
  preVote: false,
};
