// The durations of calls, as the metrics show them.
import { bind, makeService, valueMethod } from '@raftlab/rpc';
import { VirtualClock } from '@raftlab/runtime';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { CallDurations } from '#src/latencies';

const wait = valueMethod('Test.Wait', { args: z.number(), reply: z.null() });
const fail = valueMethod('Test.Fail', { args: z.null(), reply: z.null() });

test('a call is counted in the bucket of its duration and in those above, whether it answers at once, later, or fails', async () => {
  const clock = new VirtualClock();
  const durations = new CallDurations('calls', clock);
  const registry = new Registry();
  registry.registerMetric(durations);
  const service = durations.measure(
    makeService('Test', [
      bind(wait, async (ms) => {
        await clock.sleep(ms);
        return null;
      }),
      bind(fail, () => Promise.reject(new Error('broken'))),
    ]),
  );
  await clock.run(async () => {
    for (const ms of [0, 3, 5, 70, 9000]) await service.methods.get('Wait')?.dispatch(wait.args.encode(ms));
    await expect(service.methods.get('Fail')?.dispatch(fail.args.encode(null))).rejects.toThrow('broken');
  });
  expect(durations.count).toBe(6);
  const lines = (await registry.metrics()).split('\n').filter((line) => line.includes('Test.Wait'));
  expect(lines.map((line) => line.replace('method="Test.Wait"', '').replace(',', ''))).toEqual([
    'calls_bucket{le="0.0005"} 1',
    'calls_bucket{le="0.001"} 1',
    'calls_bucket{le="0.002"} 1',
    'calls_bucket{le="0.005"} 3',
    'calls_bucket{le="0.01"} 3',
    'calls_bucket{le="0.02"} 3',
    'calls_bucket{le="0.05"} 3',
    'calls_bucket{le="0.1"} 4',
    'calls_bucket{le="0.2"} 4',
    'calls_bucket{le="0.5"} 4',
    'calls_bucket{le="1"} 4',
    'calls_bucket{le="2"} 4',
    'calls_bucket{le="5"} 4',
    'calls_bucket{le="+Inf"} 5',
    'calls_sum{} 9.078',
    'calls_count{} 5',
  ]);
});
