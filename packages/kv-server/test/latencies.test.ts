// The durations of calls, as the metrics show them.
import { bind, makeService, valueMethod } from '@raftlab/rpc';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { CallDurations } from '#src/latencies';

const wait = valueMethod('Test.Wait', { args: z.number(), reply: z.null() });
const idle = valueMethod('Test.Idle', { args: z.null(), reply: z.null() });

test('a call is counted in the bucket of its duration and in those above; a method without calls is shown', async () => {
  const durations = new CallDurations('calls');
  const registry = new Registry();
  registry.registerMetric(durations);
  durations.show(makeService('Test', [bind(wait, () => null), bind(idle, () => null)]));
  for (const ms of [0, 3, 5, 70, 9000]) durations.add('Test.Wait', ms);
  expect(() => durations.add('Test.Other', 1)).toThrow('Test.Other');
  expect(durations.count).toBe(5);
  const page = await registry.metrics();
  expect(page).toContain('calls_count{method="Test.Idle"} 0');
  const lines = page.split('\n').filter((line) => line.includes('Test.Wait'));
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
