// The configuration is completed with defaults, and an invalid number is rejected with its name.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { completeConfig, defaultConfig, serviceConfig, type RaftConfig } from '#src/core/config';
import { expect, test } from 'vitest';

function check(given: Partial<RaftConfig>, expected: RegExp | Partial<RaftConfig>): void {
  if (expected instanceof RegExp) {
    expect(() => completeConfig(given)).toThrow(RangeError);
    expect(() => completeConfig(given)).toThrow(expected);
  } else {
    expect(completeConfig(given)).toEqual({ ...defaultConfig, ...expected });
  }
}

test('missing fields have their defaults', () => {
  check({}, {});
  check({ heartbeatIntervalMs: 50 }, { heartbeatIntervalMs: 50 });
  expect(completeConfig()).toEqual(defaultConfig);
});

test('every number is positive and finite, but a snapshot may leave no tail', () => {
  const { appendsNoop: _noop, preVote: _preVote, leaseReads: _leases, ...numbers } = defaultConfig;
  for (const name of Object.keys(numbers)) {
    for (const value of [-1, Number.NaN, Infinity]) check({ [name]: value }, new RegExp(`^${name} must be`));
    check({ [name]: 0 }, name.startsWith('snapshotTail') ? { [name]: 0 } : new RegExp(`^${name} must be`));
  }
});

test.each(['appendsNoop', 'preVote'] as const)(
  '%s is true or false; only the configuration for services says true (§8, thesis 9.6)',
  (name) => {
    check({ [name]: true }, { [name]: true });
    expect(serviceConfig[name]).toBe(true);
    check(serviceConfig, serviceConfig);
    expect(defaultConfig[name]).toBe(false);
    expect(() => completeConfig(JSON.parse(`{ "${name}": 1 }`))).toThrow(
      new RegExp(`^${name} must be true or false; got 1`),
    );
  },
);

test('counts and sizes are whole numbers', () => {
  check({ maxEntriesPerMessage: 0.5 }, /^maxEntriesPerMessage must be/);
  check({ maxBytesPerMessage: 10.5 }, /^maxBytesPerMessage must be/);
  check({ maxInflightMessages: 1.5 }, /^maxInflightMessages must be/);
  check({ heartbeatIntervalMs: 99.5 }, { heartbeatIntervalMs: 99.5 });
});

test('the minimum of the election timeout is below its maximum and above the heartbeat interval (§5.2, §5.6)', () => {
  check({ electionTimeoutMinMs: 400, electionTimeoutMaxMs: 399 }, /electionTimeoutMaxMs must not be less/);
  check({ electionTimeoutMinMs: 160, heartbeatIntervalMs: 160 }, /electionTimeoutMinMs must be more/);
  check({ electionTimeoutMinMs: 500, electionTimeoutMaxMs: 500 }, { electionTimeoutMinMs: 500 });
});

test('the defaults are valid, and send fewer than ten heartbeats a second (lab 3A)', () => {
  check(defaultConfig, {});
  expect(defaultConfig.heartbeatIntervalMs).toBeGreaterThanOrEqual(100);
  // Several elections fit into the five seconds that the lab allows for a new leader.
  expect(defaultConfig.electionTimeoutMaxMs * 5).toBeLessThanOrEqual(5000);
});

test('lease reads name the drift that they assume, and need pre-votes (thesis 6.4.1)', () => {
  const leaseReads = { maxClockDriftRatio: 0.1 };
  check({ preVote: true, leaseReads }, { preVote: true, leaseReads });
  check({ leaseReads }, /^leaseReads needs preVote: true/);
  for (const maxClockDriftRatio of [0, -0.1, 1, Number.NaN])
    check({ preVote: true, leaseReads: { maxClockDriftRatio } }, /^leaseReads.maxClockDriftRatio must be/);
});
