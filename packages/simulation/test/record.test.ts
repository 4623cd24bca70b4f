// Recording does not change a simulated run.
import { simulate } from '@raftlab/simulation';
import { traceFileSchema } from '@raftlab/trace';
import { expect, test } from 'vitest';

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

test('a recorded simulated run is the same as an unrecorded one', async () => {
  const overrides = { faultPhaseMs: 5000 };
  const kinds = new Set<string>();
  for (let seed = 1; seed <= 6; seed += 1) {
    const without = await simulate({ seed, overrides });
    const { record, mix, traceHash } = await simulate({ seed, overrides, isRecorded: true });
    expect(traceHash).toBe(without.traceHash);
    const file = { ...head, servers: mix.servers, ...record };
    expect(traceFileSchema.safeParse(file).error).toBeUndefined();
    const idle = new Set<number>();
    const to = new Map<number, number>();
    for (const event of record?.events ?? []) {
      kinds.add(event.kind);
      if (event.kind === 'send') to.set(event.id, event.to);
      if (event.kind === 'crash' || event.kind === 'pause') idle.add(event.server);
      if (event.kind === 'start' || event.kind === 'resume') idle.delete(event.server);
      // A server that is down or stalled receives nothing.
      if (event.kind === 'receive') expect(idle).not.toContain(to.get(event.id));
    }
  }
  for (const kind of [
    'start',
    'crash',
    'pause',
    'resume',
    'cut',
    'join',
    'send',
    'receive',
    'lose',
    'state',
    'propose',
    'apply',
  ]) {
    expect([...kinds], kind).toContain(kind);
  }
});
