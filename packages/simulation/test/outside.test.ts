// The rules for a Raft that is known only from outside: each is violated by a history, or by a peer that breaks it.
import { OutsideViolation, simulate, type OutsidePeer, type OutsideRaft } from '@raftlab/simulation';
import { Random, VirtualClock } from '@raftlab/runtime';
import { OutsideHistory } from '#src/outside/outside-history';
import { OutsideService } from '#src/outside/outside-service';
import { drawOutsideMix } from '#src/outside/outside-mix';
import { drawOutsideFaults } from '#src/outside/outside-nemesis';
import { describe, expect, test } from 'vitest';

function violationOf(code: () => unknown): OutsideViolation | undefined {
  try {
    code();
    return undefined;
  } catch (error) {
    if (error instanceof OutsideViolation) return error;
    throw error;
  }
}

describe('what is promised and applied', () => {
  const begun = (): OutsideHistory => {
    const history = new OutsideHistory(() => 5);
    history.onAccepted(0, 'a', { index: 1, term: 1 });
    history.onAccepted(0, 'b', { index: 2, term: 1 });
    return history;
  };

  test('is the same everywhere, at the promised index, and begins with start', () => {
    const history = begun();
    for (const server of [0, 1]) history.onApplied(server, 1, 'a');
    expect(history.lastApplied).toBe(1);
    expect(violationOf(() => history.onApplied(1, 1, 'b'))).toMatchObject({
      property: 'State Machine Safety',
      message: 'server 1 applied "b" at index 1, but server 0 applied "a" there (at 5.000 ms)',
    });
    expect(violationOf(() => history.onApplied(1, 3, 'b'))).toMatchObject({
      property: 'Applied as promised',
      message:
        'server 1 applied "b" at index 3, but start had promised index 2 (server 0, term 1, at 5.000 ms)',
    });
    expect(violationOf(() => history.onApplied(1, 2, 'c'))).toMatchObject({
      property: 'Applied as promised',
      message: 'server 1 applied "c" at index 2, which start has accepted nowhere',
    });
  });

  test('an index of a term is promised to one command; in another term it may be promised again', () => {
    const history = begun();
    history.onAccepted(1, 'c', { index: 2, term: 2 });
    expect(violationOf(() => history.onAccepted(1, 'd', { index: 2, term: 2 }))).toMatchObject({
      property: 'One command for each index of a term',
      message: expect.stringContaining(
        'index 2 and term 2 for command "d", but it had returned them for "c"',
      ),
    });
  });
});

describe('the service', () => {
  const history = new OutsideHistory(() => 0);
  for (const index of [1, 2, 3]) history.onAccepted(0, index, { index, term: 1 });
  const snapshots = new Map<number, Uint8Array>();

  function serviceOf({
    saved = new Uint8Array(),
    applyDelayMaxMs = 0,
  }: { saved?: Uint8Array | undefined; applyDelayMaxMs?: number } = {}): OutsideService {
    return new OutsideService(saved, {
      server: 1,
      clock: new VirtualClock(),
      random: Random.fromSeed(1),
      mix: { applyDelayMaxMs, snapshotEvery: 2 },
      history,
      recorder: undefined,
      isHealed: () => false,
      takeSnapshot: (index, data) => void snapshots.set(index, data),
    });
  }
  const command = (index: number) =>
    ({
      commandValid: true,
      snapshotValid: false,
      command: index,
      commandIndex: index,
      commandTerm: 1,
    }) as const;
  const snapshotAt = (index: number, snapshot: Uint8Array) =>
    ({ commandValid: false, snapshotValid: true, snapshot, snapshotIndex: index, snapshotTerm: 1 }) as const;

  test('is handed every index once and in order, from its snapshot on', () => {
    const service = serviceOf();
    for (const index of [1, 2]) void service.take(command(index));
    expect([...snapshots.keys()]).toEqual([2]);
    expect(violationOf(() => service.take(command(2)))?.message).toBe(
      'server 1 applied index 2 after index 2: expected index 3',
    );
    const restored = serviceOf({ saved: snapshots.get(2) });
    expect(restored.lastApplied).toBe(2);
    void restored.take(command(3));
    expect(
      violationOf(() => restored.take(snapshotAt(2, snapshots.get(2) ?? new Uint8Array()))),
    ).toMatchObject({
      property: 'Applied in order',
      message: 'server 1 applied a snapshot up to index 2 after index 3: the service would go back',
    });
  });

  test('gets its own snapshots back', () => {
    const data = snapshots.get(2) ?? new Uint8Array();
    void serviceOf().take(snapshotAt(2, data));
    expect(violationOf(() => serviceOf().take(snapshotAt(3, data)))).toMatchObject({
      property: 'Snapshots are unchanged',
      message: 'server 1 applied a snapshot with snapshotIndex 3, but the service took it at index 2',
    });
    expect(violationOf(() => serviceOf({ saved: data.subarray(1) }))?.property).toBe(
      'Snapshots are unchanged',
    );
  });

  test('is handed one message at a time', () => {
    const service = serviceOf({ applyDelayMaxMs: 5 });
    const all = [1, 2, 3].map((index) => violationOf(() => service.take(command(index)))?.property);
    expect(all).toContain('One message at a time');
  });
});

describe('the mix', () => {
  test('stays within what the lab promises a Raft, whatever is drawn', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const mix = drawOutsideMix(Random.fromSeed(seed), { learners: 2, conditions: ['links', 'calls'] });
      expect(mix).toMatchObject({
        learners: 0,
        link: undefined,
        lostCalls: 'time-out',
        disk: 'instant',
        wipesMax: 0,
      });
      expect(mix.callTimeoutMs).toBeLessThanOrEqual(3000);
    }
    expect(drawOutsideMix(Random.fromSeed(1), { without: ['snapshot'] }).snapshotEvery).toBe(0);
  });

  test('a hunted leader gets a command with fewer than half of the others', () => {
    const mix = { ...drawOutsideMix(Random.fromSeed(1), { schedule: 'leader-hunting', servers: 5 }) };
    const cluster = {
      network: { tallies: { sent: 0, delivered: 0, lost: 0, duplicated: 0 } },
      stepCount: 0,
      wipeCount: 0,
      isRunning: () => true,
      isPaused: () => false,
      leader: () => 3,
      inflict: () => undefined,
      stop: () => [],
    };
    const random = Random.fromSeed(2);
    const companions = new Set<number>();
    for (let draw = 0; draw < 40; draw += 1) {
      const faults = drawOutsideFaults(mix, cluster, random);
      if (faults.at(-1)?.kind !== 'propose') continue;
      expect(faults.at(-1)).toEqual({ kind: 'propose', server: 3, count: 1 });
      const cutFrom3 = faults.filter((fault) => fault.kind === 'cut' && fault.from === 3).length;
      companions.add(4 - cutFrom3);
    }
    expect([...companions].toSorted((a, b) => a - b)).toEqual([0, 1]);
  });
});

describe('a crash in the middle of a save', () => {
  /** A peer that saves a counter at every proposal, and notes what happens to it. */
  function counting(log: string[]): OutsideRaft {
    return {
      explain: () => ['(explained)'],
      make({ me, persister, isRunning }): OutsidePeer {
        const found = persister.readRaftState()[0] ?? 0;
        log.push(`${me} found ${found}`);
        return {
          start() {
            persister.save(new Uint8Array([found + 1]), new Uint8Array());
            log.push(`${me} saved, ${isRunning() ? 'running' : 'crashed'}`);
            return { isLeader: false, term: 0 };
          },
          getState: () => ({ isLeader: me === 0, term: 1 }),
          snapshot: () => undefined,
          service: { name: 'Raft', methods: new Map() },
        };
      },
    };
  }

  test.each([
    ['before', 'found 0'],
    ['after', 'found 1'],
  ] as const)('happens %s it takes effect', async (when, restarted) => {
    const log: string[] = [];
    const { violation } = await simulate({
      seed: 1,
      overrides: { servers: 3, faultPhaseMs: 100 },
      outside: counting(log),
      faults: [
        { atMs: 1, fault: { kind: 'crash-at-write', server: 0, when } },
        { atMs: 2, fault: { kind: 'propose', server: 0, count: 1 } },
        { atMs: 3, fault: { kind: 'restart', server: 0 } },
      ],
    });
    expect(log.slice(3, 5)).toEqual(['0 saved, crashed', `0 ${restarted}`]);
    // Nothing is ever applied.
    expect(violation?.property).toBe('Progress without faults');
    expect(violation?.message).toContain('(explained)');
  });
});
