// Recording does not change a run; the record is a valid trace with the states that the servers really had.
import { gradeTest, lab3, raftlab, type GradedTest, type Implementation } from '@raftlab/test-harness';
import { traceFileSchema, type StateChange, type TraceEvent } from '@raftlab/trace';
import { describe, expect, test } from 'vitest';

const options = { mode: 'virtual', seed: 5 } as const;

function named(id: string): GradedTest {
  const found = lab3.tests.find((candidate) => candidate.id === id);
  if (found === undefined) throw new Error(`no test ${id}`);
  return found;
}

const head = {
  format: 'raftlab-trace',
  version: 1,
  title: 'a test',
  implementation: 'raftlab',
  seed: 5,
  mode: 'virtual',
  replay: '',
  servers: 3,
  outcome: 'passed',
} as const;

describe('each graded test', () => {
  test.each(lab3.tests)(
    '$id passes, has the same run with and without recording, and the record is a trace',
    async (graded) => {
      const without = await gradeTest(graded, options);
      const recorded = await gradeTest(graded, { ...options, isRecorded: true });
      expect(without.failure).toBeUndefined();
      expect(without.record).toBeUndefined();
      expect(recorded.traceHash).toBe(without.traceHash);
      const file = { ...head, servers: graded.servers, ...recorded.record };
      expect(traceFileSchema.safeParse(file).error).toBeUndefined();
      const times = file.events?.map(({ at }) => at) ?? [];
      expect(times.length).toBeGreaterThan(50);
      expect(times.every((at, index) => at >= (times[index - 1] ?? 0))).toBe(true);
    },
  );
});

/** The state of one server according to the events. */
interface Believed {
  state: StateChange;
  log: number[];
}

function believe(events: readonly TraceEvent[], servers: number): Believed[] {
  const all = Array.from({ length: servers }, (): Believed => ({ state: {}, log: [] }));
  for (const event of events) {
    if (event.kind === 'start') all[event.server] = { state: {}, log: [] };
    if (event.kind !== 'state') continue;
    const known = all[event.server];
    if (known === undefined) throw new Error(`no server ${event.server}`);
    const base = known.state.lastIncludedIndex ?? 0;
    known.state = { ...known.state, ...event };
    const newBase = known.state.lastIncludedIndex ?? 0;
    known.log.splice(0, newBase - base);
    if (event.log === undefined) continue;
    known.log.length = event.log.firstIndex - newBase - 1;
    for (const [term, count] of event.log.terms) known.log.push(...Array.from({ length: count }, () => term));
  }
  return all;
}

describe('the states', () => {
  test.each(['TestFigure83C', 'TestSnapshotInstallUnCrash3D', 'TestPersist23C'])(
    'in %s are those that the servers had at the end',
    async (id) => {
      const observed = new Map<number, { term: number; commitIndex: number; terms: number[] }>();
      const implementation: Implementation = {
        ...raftlab,
        make(environment) {
          const { observer, me } = environment;
          return raftlab.make({
            ...environment,
            observer: {
              onDurable: (batch) => observer?.onDurable(batch),
              onBegin: (state) => observer?.onBegin?.(state),
              onSend: (envelope) => observer?.onSend?.(envelope),
              onStep(input, outputs, state) {
                observer?.onStep?.(input, outputs, state);
                const { log, currentTerm: term, commitIndex } = state;
                const terms = log.slice(log.lastIncludedIndex + 1, log.lastIndex).map((entry) => entry.term);
                observed.set(me, { term, commitIndex, terms });
              },
            },
          });
        },
      };
      const graded = named(id);
      const { record } = await gradeTest(graded, { ...options, implementation, isRecorded: true });
      const believed = believe(record?.events ?? [], graded.servers);
      expect(observed.size).toBe(graded.servers);
      for (const [server, { term, commitIndex, terms }] of observed) {
        expect(believed[server]?.state).toMatchObject({ term, commitIndex });
        expect(believed[server]?.log).toEqual(terms);
      }
    },
  );
});

describe('messages', () => {
  test('are sent once, and received or lost at most once, after they were sent', async () => {
    const { record } = await gradeTest(named('TestFigure8Unreliable3C'), { ...options, isRecorded: true });
    const open = new Set<number>();
    const ended = new Set<number>();
    for (const event of record?.events ?? []) {
      if (event.kind === 'send') {
        expect(open.has(event.id) || ended.has(event.id)).toBe(false);
        open.add(event.id);
        if (event.isReply) expect(ended.has(event.answers ?? -1)).toBe(true);
      } else if (event.kind === 'receive' || event.kind === 'lose') {
        expect(open.delete(event.id)).toBe(true);
        ended.add(event.id);
      }
    }
    expect(ended.size).toBeGreaterThan(1000);
  });

  test('that are lost have a reason, replies as well as requests', async () => {
    const reasons = async (id: string): Promise<Set<string>> => {
      const { record } = await gradeTest(named(id), { ...options, isRecorded: true });
      const events = record?.events ?? [];
      const replies = new Set(
        events.flatMap((event) => (event.kind === 'send' && event.isReply ? [event.id] : [])),
      );
      return new Set(
        events.flatMap((event) =>
          event.kind === 'lose'
            ? [`${replies.has(event.id) ? 'reply' : 'request'}: ${event.why.replaceAll(/\d/g, 'N')}`]
            : [],
        ),
      );
    };
    const unreliable = await reasons('TestUnreliableAgree3C');
    expect([...unreliable].toSorted()).toEqual([
      'reply: lost by the network',
      'request: lost by the network',
    ]);
    expect(await reasons('TestFailAgree3B')).toContain('request: server N is disconnected');
    expect(await reasons('TestFigure83C')).toContain('request: server N does not run');
    // A server that is disconnected while it answers.
    expect(await reasons('TestFigure8Unreliable3C')).toContain('reply: server N is disconnected');
  });

  test('have their fields even if no caller decodes them: lost ones, and those still in flight', async () => {
    // In this test replies are delayed by up to two seconds.
    const { record } = await gradeTest(named('TestFigure8Unreliable3C'), { ...options, isRecorded: true });
    const events = record?.events ?? [];
    const ended = new Set(
      events.flatMap((event) => (event.kind === 'receive' || event.kind === 'lose' ? [event.id] : [])),
    );
    const replies = events.filter((event) => event.kind === 'send').filter(({ isReply }) => isReply);
    expect(replies.some(({ id }) => !ended.has(id))).toBe(true);
    expect(replies.filter(({ fields }) => !('term' in fields))).toEqual([]);
  });

  test('have the fields of their messages, with lists and bytes as sizes', async () => {
    const { record } = await gradeTest(named('TestBasicAgree3B'), { ...options, isRecorded: true });
    const sends = record?.events.filter((event) => event.kind === 'send') ?? [];
    const [withEntry] = sends.filter(({ fields }) => Number(fields['entries']) > 0);
    expect(withEntry?.name).toBe('AppendEntries');
    expect(withEntry?.fields).toMatchObject({ term: 1, prevLogIndex: 0, entries: 1 });
  });
});

test('a failure that the event of a server reveals has the number of the server', async () => {
  const stopping: Implementation = {
    name: 'stopping',
    make: (environment) => {
      if (environment.me === 1) {
        environment.clock.setTimer(10, () => environment.onError(new Error('out of order')));
      }
      return raftlab.make(environment);
    },
  };
  const { record } = await gradeTest(named('TestInitialElection3A'), {
    ...options,
    implementation: stopping,
    isRecorded: true,
  });
  const failure = { kind: 'failure', name: 'Error', message: 'out of order', server: 1 };
  expect(record?.events).toContainEqual(expect.objectContaining(failure));
});

test('a failure is the last event, with its message; a Raft that does not report its steps still has messages', async () => {
  const silent: Implementation = {
    name: 'silent',
    make: (environment) => {
      const { observer: _observer, ...rest } = environment;
      const peer = raftlab.make(rest);
      return {
        ...peer,
        service: peer.service,
        getState: () => ({ term: 1, isLeader: false }),
        start: (command) => peer.start(command),
        snapshot: (index, data) => peer.snapshot(index, data),
        kill: () => peer.kill(),
      };
    },
  };
  const { record, failure } = await gradeTest(named('TestInitialElection3A'), {
    ...options,
    implementation: silent,
    isRecorded: true,
  });
  expect(failure?.message).toBe('expected one leader, got none');
  const kinds = new Set(record?.events.map(({ kind }) => kind));
  // Only its results for the tester.
  const states = record?.events.filter((event) => event.kind === 'state') ?? [];
  expect(states.map(({ server, role, term }) => [server, role, term])).toEqual(
    [0, 1, 2].map((server) => [server, 'follower', 1]),
  );
  expect(kinds.has('send') && kinds.has('receive') && kinds.has('step')).toBe(true);
  const failures = record?.events.filter((event) => event.kind === 'failure');
  expect(failures).toMatchObject([{ name: 'TestFailure', message: 'expected one leader, got none' }]);
});
