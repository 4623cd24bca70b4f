// Timeouts from one number, and the rules that they must satisfy (§5.6).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { timingFor } from '@raftlab/raft-core';
import { completeConfig } from '#src/core/config';

test('one number gives the timeouts: heartbeats three times as often, elections spread by two thirds', () => {
  expect(timingFor({ electionTimeoutMs: 900 })).toEqual({
    electionTimeoutMinMs: 900,
    electionTimeoutMaxMs: 1500,
    heartbeatIntervalMs: 300,
  });
});

test('without any number they fit the default settings', () => {
  expect(timingFor()).toEqual({
    electionTimeoutMinMs: 300,
    electionTimeoutMaxMs: 500,
    heartbeatIntervalMs: 100,
  });
});

test('an election of two writes and a round trip must end before the next candidate stands (§5.6)', () => {
  const rule = 'electionTimeoutMs must be more than 2 × slowestWriteMs + roundTripMs = 300';
  expect(() => timingFor({ electionTimeoutMs: 300, slowestWriteMs: 140, roundTripMs: 20 })).toThrow(rule);
  expect(timingFor({ electionTimeoutMs: 301, slowestWriteMs: 140, roundTripMs: 20 })).toMatchObject({
    electionTimeoutMinMs: 301,
  });
});

test('a heartbeat and its way must be shorter than the shortest timeout', () => {
  const rule = 'electionTimeoutMs must be more than heartbeatIntervalMs + roundTripMs = 300';
  expect(() => timingFor({ electionTimeoutMs: 300, heartbeatIntervalMs: 250, roundTripMs: 50 })).toThrow(
    rule,
  );
});

test.each(['electionTimeoutMs', 'heartbeatIntervalMs', 'roundTripMs', 'slowestWriteMs'])(
  'an invalid %s is refused with its name',
  (name) => {
    for (const value of [-1, NaN, Infinity])
      expect(() => timingFor({ [name]: value })).toThrow(new RegExp(`^${name} must be`));
  },
);

test('what timingFor returns is a valid configuration', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 100_000 }), (electionTimeoutMs) => {
      expect(completeConfig(timingFor({ electionTimeoutMs }))).toMatchObject(
        timingFor({ electionTimeoutMs }),
      );
    }),
  );
});
