// A history that is recorded while it happens is one that the checker takes.
import {
  checkHistory,
  HistoryRecorder,
  registerModel,
  type RegisterInput,
  type RegisterOutput,
} from '@raftlab/linearizability';
import { expect, test } from 'vitest';

test('calls and returns are events in the order in which they were recorded', () => {
  const recorder = new HistoryRecorder<RegisterInput, RegisterOutput>();
  const write = recorder.called({ client: 'a', input: { kind: 'write', value: 1 }, at: 0.5 });
  const read = recorder.called({ client: 'b', input: { kind: 'read' }, at: 0.5 });
  recorder.returned(read, { output: { value: 1 }, at: 2 });
  expect(recorder.events).toEqual([
    { kind: 'call', id: write, client: 'a', input: { kind: 'write', value: 1 }, at: 0.5 },
    { kind: 'call', id: read, client: 'b', input: { kind: 'read' }, at: 0.5 },
    { kind: 'return', id: read, output: { value: 1 }, at: 2 },
  ]);
  const result = checkHistory(registerModel(), recorder.events);
  expect(result.verdict === 'ok' && result.linearizations[0]?.operations).toEqual([
    { id: write, client: 'a', input: { kind: 'write', value: 1 }, callAt: 0.5 },
    { id: read, client: 'b', input: { kind: 'read' }, callAt: 0.5, output: { value: 1 }, returnAt: 2 },
  ]);
});
