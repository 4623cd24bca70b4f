// The order of use of the session table, which decides what is evicted, against a Map whose keys are deleted and set again.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SessionTable } from '#src/session-table';
import { numberCodec } from './tally.ts';

const uses = fc.array(fc.oneof(fc.constant('open' as const), fc.integer({ min: 1, max: 12 })), {
  maxLength: 100,
});

test('the least recently used session is evicted, and a table that is restored evicts the same ones', () => {
  fc.assert(
    fc.property(uses, fc.integer({ min: 1, max: 5 }), (list, sessionsMax) => {
      let table = new SessionTable<number>();
      const model = new Map<number, number>();
      let opened = 0;
      for (const [at, use] of list.entries()) {
        if (use === 'open') {
          opened += 1;
          table.open(opened, sessionsMax);
          const [leastRecent] = model.keys();
          if (leastRecent !== undefined && model.size === sessionsMax) model.delete(leastRecent);
          model.set(opened, 0);
        } else {
          const point = { session: use, sequence: (model.get(use) ?? 0) + 1 };
          expect(table.look(point).kind).toBe(model.has(use) ? 'new' : 'expired');
          if (model.delete(use)) {
            model.set(use, point.sequence);
            table.record(point, at);
            expect(table.look(point)).toMatchObject({ kind: 'result', result: at });
          }
        }
        const stored = table.stored(numberCodec);
        expect(stored.map(([session, sequence]) => [session, sequence])).toEqual([...model]);
        if (at % 8 === 7) table = SessionTable.of(stored, numberCodec);
      }
    }),
  );
});
