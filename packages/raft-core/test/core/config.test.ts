// The configuration is completed with defaults, and a number that makes no sense is refused by its name.
/* oxlint-disable vitest/expect-expect -- check() expects */
import { completeConfig, defaultConfig, type RaftConfig } from '#src/core/config';
import { expect, test } from 'vitest';

function check(given: Partial<RaftConfig>, expected: RegExp | Partial<RaftConfig>): void {
  if (expected instanceof RegExp) {
    expect(() => completeConfig(given)).toThrow(RangeError);
    expect(() => completeConfig(given)).toThrow(expected);
  } else {
    expect(completeConfig(given)).toEqual({ ...defaultConfig, ...expected });
  }
}

test('what is not given is the default', () => {
  check({}, {});
  check({ heartbeatIntervalMs: 50 }, { heartbeatIntervalMs: 50 });
  expect(completeConfig()).toEqual(defaultConfig);
});

test('every number is positive and finite', () => {
  for (const name of Object.keys(defaultConfig)) {
    for (const value of [0, -1, Number.NaN, Infinity])
      check({ [name]: value }, new RegExp(`^${name} must be`));
  }
});

test('counts and sizes are whole numbers: half an entry per message would never arrive', () => {
  check({ maxEntriesPerMessage: 0.5 }, /^maxEntriesPerMessage must be/);
  check({ maxBytesPerMessage: 10.5 }, /^maxBytesPerMessage must be/);
  check({ maxInflightMessages: 1.5 }, /^maxInflightMessages must be/);
  check({ heartbeatIntervalMs: 99.5 }, { heartbeatIntervalMs: 99.5 });
});

test('the election timeout has an order, and leaves room for a heartbeat (§5.2, §5.6)', () => {
  check({ electionTimeoutMinMs: 400, electionTimeoutMaxMs: 399 }, /electionTimeoutMaxMs must not be less/);
  check({ electionTimeoutMinMs: 160, heartbeatIntervalMs: 160 }, /electionTimeoutMinMs must be more/);
  check({ electionTimeoutMinMs: 500, electionTimeoutMaxMs: 500 }, { electionTimeoutMinMs: 500 });
});

test('the defaults themselves pass, and speak less than ten times a second (lab 3A)', () => {
  check(defaultConfig, {});
  expect(defaultConfig.heartbeatIntervalMs).toBeGreaterThanOrEqual(100);
  // Several rounds of voting fit into the five seconds that the lab allows for a new leader.
  expect(defaultConfig.electionTimeoutMaxMs * 5).toBeLessThanOrEqual(5000);
});
