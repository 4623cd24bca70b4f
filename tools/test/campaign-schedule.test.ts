// The schedule of a campaign is a function of its seed, and its partitions cut what their names say.
import { Random } from '@raftlab/runtime';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { around, oneWay, ring, whole } from '../campaign/partitions.mjs';
import { networkFaults, processFaults, scheduleOf } from '../campaign/schedule.mjs';

const servers = [1, 2, 3, 4, 5];
const scheduleOfSeed = (seed: number, durationMs = 60_000) =>
  scheduleOf(Random.fromSeed(seed), { durationMs, servers });

test('the same seed has the same schedule, and another seed another one', () => {
  expect(scheduleOfSeed(1)).toEqual(scheduleOfSeed(1));
  expect(scheduleOfSeed(1)).not.toEqual(scheduleOfSeed(2));
});

test('faults begin in order of time, within the duration, and happen to some of the servers only', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 2000, max: 30_000 }), (seed, durationMs) => {
      let last = 0;
      for (const { at, order, size, lastsMs } of scheduleOfSeed(seed, durationMs)) {
        expect(at).toBeGreaterThanOrEqual(last);
        expect(at).toBeLessThan(durationMs);
        expect(lastsMs).toBeGreaterThan(0);
        expect(new Set(order)).toEqual(new Set(servers));
        expect(size).toBeLessThanOrEqual(2); // a minority of five
        last = at;
      }
    }),
  );
});

test('each kind of fault occurs before any kind occurs again', () => {
  const kinds = scheduleOfSeed(7).map(({ kind }) => kind);
  for (const track of [networkFaults, processFaults]) {
    const first = kinds.filter((kind) => track.some((known) => known === kind)).slice(0, track.length);
    expect(new Set(first).size).toBe(track.length);
  }
});

const name = ({ from, to }: { from: number; to: number }): string => `${from}→${to}`;

test.each([
  ['a whole partition', whole([1, 2, 3], 1), ['1→2', '1→3', '2→1', '3→1']],
  ['a deaf server', oneWay([1, 2, 3], 'deaf'), ['2→1', '3→1']],
  ['a mute server', oneWay([1, 2, 3], 'mute'), ['1→2', '1→3']],
  ['a ring of three', ring([1, 2, 3]), ['1→3', '3→1']],
  ['the links of one server', around([3, 2, 1]), ['1→3', '2→3', '3→1', '3→2']],
])('%s is cut at its links', (_, links, expected) => {
  expect(links.map(name).toSorted()).toEqual(expected);
});

test('in a ring of five each server reaches two others', () => {
  const cut = new Set(ring(servers).map(name));
  for (const from of servers) {
    const reached = servers.filter((to) => to !== from && !cut.has(name({ from, to })));
    expect(reached).toHaveLength(2);
  }
});
