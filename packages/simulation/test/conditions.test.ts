// The conditions that the lab does not have: our Raft passes with those that are drawn, runs with them are functions of their
// seeds, and each notices a mistake that nothing else does.
import type { Codec } from '@raftlab/rpc';
import { makeLabPeer } from '@raftlab/raft-core';
import {
  conditionNames,
  drawnByDefault,
  formatRecordedRun,
  parseRecordedRun,
  recordRun,
  replayOptions,
  simulate,
  type ConditionName,
  type MakePeer,
} from '@raftlab/simulation';
import { describe, expect, test } from 'vitest';

test.each(drawnByDefault)('our Raft passes two runs with %s', async (condition) => {
  for (let seed = 1; seed <= 2; seed += 1) {
    const overrides = { conditions: [condition], faultPhaseMs: 4000 };
    const { violation } = await simulate({ seed, overrides });
    expect(violation, `seed ${seed}`).toBeUndefined();
  }
});

test.each([
  { seed: 589525677, conditions: ['links', 'same-turn'], what: 'every event of a server waits for its turn' },
  { seed: 446448537, conditions: ['links'], what: 'heartbeats overtake entries' },
] as const)('a server that returns may take the time that it needs where $what (seed $seed)', async (run) => {
  const { violation } = await simulate({ seed: run.seed, overrides: { conditions: run.conditions } });
  expect(violation).toBeUndefined();
});

test('on a link where heartbeats wait behind commands none is longer than a message of the link', async () => {
  const { mix } = await simulate({ seed: 13, overrides: { conditions: ['sizes'], faultPhaseMs: 500 } });
  expect(mix.link).toMatchObject({ hasUrgentLane: false });
  expect(Math.max(...(mix.payload?.sizesBytes ?? []))).toBe(mix.messageBounds.maxBytesPerMessage);
});

test('a run with every condition is the same again, and so is its record', async () => {
  const overrides = { conditions: conditionNames, faultPhaseMs: 3000 };
  const first = await simulate({ seed: 5, overrides });
  const second = await simulate({ seed: 5, overrides });
  expect(second.traceHash).toBe(first.traceHash);
  const file = formatRecordedRun(recordRun(first, overrides));
  const replayed = await simulate(replayOptions(parseRecordedRun(file)));
  expect(replayed.violation?.property).toBe(first.violation?.property);
});

test('a condition that is taken out is off, also where it is asked for', async () => {
  const overrides = { conditions: conditionNames, without: conditionNames, faultPhaseMs: 1000 };
  const { mix } = await simulate({ seed: 5, overrides });
  expect(mix).toMatchObject({ link: undefined, payload: undefined, turnMs: 0, afterlifeMs: 0, wipesMax: 0 });
});

/** The properties that runs with a condition violate when their peers are made in this way, up to the first that is `enough`. */
async function violated(
  condition: ConditionName,
  make: MakePeer,
  enough: (property: string) => boolean,
): Promise<string[]> {
  const properties: string[] = [];
  for (let seed = 1; seed <= 6 && !properties.some(enough); seed += 1) {
    const overrides = { conditions: [condition], faultPhaseMs: 4000 };
    const { violation } = await simulate({ seed, make, overrides });
    if (violation !== undefined) properties.push(violation.property);
  }
  return properties;
}

describe('a mistake that needs a condition', () => {
  test('a peer that goes on after its server has crashed is noticed by old lives that go on', async () => {
    const immortal: MakePeer = (options) => {
      const peer = makeLabPeer(options);
      return {
        start: (command) => peer.start(command),
        snapshot: (index, data) => peer.snapshot(index, data),
        kill: () => undefined,
        service: peer.service,
      };
    };
    const expected = 'Old lives have no effect';
    expect(await violated('old-lives', immortal, (property) => property === expected)).toContain(expected);
  });

  test('a codec that shares memory with the log is noticed by a careless service', async () => {
    const sharing: MakePeer = ({ commandCodec, ...options }) => {
      const codec: Codec<unknown> = {
        ...commandCodec,
        // Its commands are byte strings, whose bytes are the last ones of what the codec made of them.
        decode(bytes) {
          const command = commandCodec.decode(bytes);
          return command instanceof Uint8Array ? bytes.subarray(bytes.length - command.length) : command;
        },
      };
      return makeLabPeer({ ...options, commandCodec: codec });
    };
    expect(await violated('service', sharing, () => true)).toHaveLength(1);
  });
});

test('a server returns to a leader whose own disk was wiped before', async () => {
  // Server 3 lost its disk, leads all the same, and server 0 was connected with the others only.
  const { violation } = await simulate({ seed: 10, overrides: { conditions: ['wiped-disk'] } });
  expect(violation).toBeUndefined();
});
