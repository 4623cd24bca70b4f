// Runs with clients of the key/value service: our service passes, mistakes of a service are found in the histories of the clients,
// and a failing run is shrunk together with the operations.
import {
  KeyValueServer,
  readMethod,
  type ReadArgs,
  type KeyValueAnswer,
  type KeyValueServerOptions,
  type Reply,
} from '@raftlab/kv';
import { bind, makeService, packTuple, unpackTuple } from '@raftlab/rpc';
import { encodePart, joinPieces, PartReader } from '@raftlab/rsm';
import {
  formatRecordedRun,
  parseRecordedRun,
  recordRun,
  replayOptions,
  shrink,
  simulate,
  type MakeKeyValueServer,
  type SimulateOptions,
  type SimulationReport,
} from '@raftlab/simulation';
import { describe, expect, test } from 'vitest';

test.each(['memory', 'wal'] as const)(
  'the service and its Raft pass three runs on %s, whose operations are counted',
  async (storage) => {
    let checked = 0;
    for (let seed = 1; seed <= 3; seed += 1) {
      const { violation, operations } = await simulate({
        seed,
        overrides: { storage, faultPhaseMs: 4000 },
        keyValue: {},
      });
      expect(violation, `seed ${seed}`).toBeUndefined();
      checked += operations.checked;
    }
    expect(checked).toBeGreaterThan(30);
  },
);

test('a call of a client is delivered once, so one whose session has expired was not executed', async () => {
  // With a second copy of a call, whose session was closed between the two, a compare-and-set was executed twice.
  const { violation } = await simulate({ seed: 730010387, keyValue: {} });
  expect(violation).toBeUndefined();
});

test('the same seed has the same events and the same operations', async () => {
  const options = { seed: 3, overrides: { faultPhaseMs: 4000 }, keyValue: {} };
  const [first, second] = [await simulate(options), await simulate(options)];
  expect(second.traceHash).toBe(first.traceHash);
  expect(second.faults).toEqual(first.faults);
});

const overrides = { servers: 3, faultPhaseMs: 3000 } as const;

/** The first run of so many that violates a property when its servers are made in this way. */
async function firstFailing(
  makeServer: MakeKeyValueServer,
  runs: number,
): Promise<SimulationReport | undefined> {
  for (let seed = 1; seed <= runs; seed += 1) {
    const report = await simulate({ seed, overrides, keyValue: { makeServer } });
    if (report.violation !== undefined) return report;
  }
  return undefined;
}

/** Servers that answer reads in a way of their own. */
const readingWith =
  (
    answer: (server: KeyValueServer, args: ReadArgs) => Promise<Reply<KeyValueAnswer> | undefined>,
  ): MakeKeyValueServer =>
  (options) => {
    const server = new KeyValueServer(options);
    const read = bind(readMethod, (args) => answer(server, args));
    const methods = [...server.service.methods.values()].filter(({ name }) => name !== read.name);
    return {
      service: makeService(server.service.name, [...methods, read]),
      snapshot: () => server.snapshot(),
      kill: () => server.kill(),
    };
  };

/** A read that any server answers from its own state. */
const readsLocally = readingWith(async ({ store }, { query }) => {
  const answer = await store.read(query, 'local');
  return answer.ok ? { ok: true, value: answer.result } : undefined;
});

/** The session table is not in the snapshot. */
const forgetsSessions: MakeKeyValueServer = ({ makePeer, ...options }: KeyValueServerOptions) =>
  new KeyValueServer({
    ...options,
    makePeer(applyCh, onLeadership) {
      const peer = makePeer(applyCh, onLeadership);
      return {
        ...peer,
        snapshot(index, data) {
          const parts = new PartReader('snapshot', data);
          const [version, lastApplied] = unpackTuple('snapshot', parts.next());
          const head = encodePart(packTuple([version, lastApplied, []]));
          peer.snapshot(index, joinPieces([head, parts.rest]));
        },
      };
    },
  });

describe('a mistake of a service', () => {
  test('a local read that is called linearizable is found, and shrunk to a few operations that replay', async () => {
    const failing = await firstFailing(readsLocally, 15);
    expect(failing?.violation?.property).toBe('Histories are linearizable');
    expect(failing?.violation?.message).toMatch(/^the history is not linearizable: partition "key \d"/);
    if (failing === undefined) return;
    const { seed } = failing;
    const run = (options: SimulateOptions) =>
      simulate({ ...options, keyValue: { makeServer: readsLocally } });
    const { report, before, after } = await shrink(failing, { seed, overrides }, { run, maxRuns: 20 });
    expect(after).toBeLessThan(before);
    const kept = report.faults.filter(({ fault }) => fault.kind === 'operation');
    expect(kept.length).toBeGreaterThanOrEqual(2);
    const replayed = await run(
      replayOptions(parseRecordedRun(formatRecordedRun(recordRun(report, overrides)))),
    );
    expect(replayed.violation?.property).toBe(failing.violation?.property);
    // Without the mistake the same operations are fine.
    const { violation } = await simulate({ seed, overrides, faults: report.faults, keyValue: {} });
    expect(violation).toBeUndefined();
  });

  test('a call that fails on a server is reported: a client would only take it for lost', async () => {
    const failing = readingWith(() => Promise.reject(new Error('the store is confused')));
    const { violation } = await simulate({ seed: 1, overrides, keyValue: { makeServer: failing } });
    expect(violation?.message).toBe('the store is confused');
  });

  test('a session table that is not in the snapshot is found', async () => {
    const failing = await firstFailing(forgetsSessions, 30);
    // A server that has restarted executes a command a second time.
    expect(failing?.violation?.property).toMatch(/^(Services agree|Histories are linearizable)$/);
  });
});
