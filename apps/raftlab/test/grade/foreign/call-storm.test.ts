// An endless exchange of calls at one moment of the test.
import { callsPerMomentMax, CallStorm } from '#src/grade/foreign/call-storm';
import { expect, test } from 'vitest';
import { runGrade } from '../../command-line.ts';
import { moduleWith } from '../../modules.ts';

const place = { from: 0, to: 1, method: 'Raft.AppendEntries' };

test('calls at one moment are bounded, and are counted again from 0 when the clock moves', () => {
  const storm = new CallStorm();
  for (let call = 0; call < callsPerMomentMax; call += 1) expect(storm.onCall(place, 5)).toBe(false);
  expect(storm.onCall(place, 5)).toBe(true);
  expect(storm.onCall(place, 6)).toBe(false);
});

test('it is described by the most frequent call and its last reply', () => {
  const storm = new CallStorm();
  for (let call = 0; call < 3; call += 1) storm.onCall(place, 5);
  storm.onCall({ ...place, to: 2 }, 5);
  storm.onResult(place, { args: { term: 2 }, result: { term: 2, success: false } });
  expect(storm.describe()).toBe(
    [
      '4 calls at 5.000 ms, and no time has passed between them: a call is repeated at once, without a pause',
      'server 0 called Raft.AppendEntries of server 1 3 times; the last answer was {"term":2,"success":false}',
    ].join('\n'),
  );
});

test('an answer with a higher term is the reason to stop', () => {
  const storm = new CallStorm();
  storm.onCall(place, 5);
  storm.onResult(place, { args: { Term: 2 }, result: { Term: 7, Success: false } });
  expect(storm.describe()).toContain(
    '\nits call has term 2, and the answer the higher term 7: server 0 must become a follower in it, and stop calling',
  );
});

test('a candidate that immediately repeats a refused call fails its test, with events and a page', async () => {
  const retries = `
    import { bind, makeService, valueMethod } from '@raftlab/test-harness/learner';
    import { z } from 'zod';
    const ask = valueMethod('Raft.Ask', { args: z.object({}), reply: z.object({ no: z.boolean() }) });
    export const make = ({ me, peers, clock }) => {
      const begin = async () => { for (;;) if (!(await peers[1].call(ask, {})).reply?.no) return; };
      if (me === 0) clock.setTimer(100, () => void begin());
      return {
        start: () => ({ isLeader: false, term: 0 }), getState: () => ({ isLeader: false, term: 0 }),
        snapshot() {}, kill() {}, service: makeService('Raft', [bind(ask, () => ({ no: true }))]),
      };
    };`;
  const path = moduleWith(retries, 'retries.js');
  const { code, out } = await runGrade('initialElection', '--seed', '1', '--impl', path, '--no-trace');
  expect(code).toBe(1);
  expect(out).toContain(
    'FAILED -- ImplementationFault: server 0: 50001 calls at 100.000 ms, and no time has passed',
  );
  expect(out).toContain('server 0 called Raft.Ask of server 1 50001 times; the last answer was {"no":true}');
  expect(out).toContain('server 1 → server 0 Ask reply no true (the last of 50000 equal ones)');
});
