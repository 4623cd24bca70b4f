// The same agreement on slow storage: commands that arrive during a write must go into the next one, so that throughput hardly
// depends on the duration of a write.
import { SystemClock } from '@raftlab/runtime';
import { loadRows } from './agreement.mjs';
import { elapse, repeat, row } from './measurement.mjs';
import { measureLoad } from './workload.mjs';

const load = { outstanding: 1024, sizeBytes: 16, commandCount: 100_000 };

/** @type {import('./measurement.mjs').Measurement} */
export const groupCommit = {
  name: 'group-commit',
  title: `3 servers, 16 B, ${load.outstanding.toLocaleString('en')} in flight, on storage with slow writes`,
  async measure() {
    await measureSlowStorage(1); // a warm-up
    const rows = [];
    for (const writeMs of [1, 5]) {
      const runs = await repeat(() => measureSlowStorage(writeMs));
      rows.push(
        ...loadRows(`${writeMs} ms`, runs),
        row(
          `${writeMs} ms: one write really took`,
          'ms',
          runs.map((run) => run.writeMs),
        ),
        row(
          `${writeMs} ms: commands in one write`,
          'commands',
          runs.map((run) => run.commandsPerWrite),
        ),
      );
    }
    return rows;
  },
};

/** @param {number} writeMs */
async function measureSlowStorage(writeMs) {
  const clock = new SystemClock();
  const taken = { count: 0, ms: 0, commands: 0 };
  const run = await measureLoad(
    {
      clock,
      serverCount: 3,
      storageOver: (persister) => ({
        load: () => persister.load(),
        async write(batch) {
          const before = performance.now();
          await elapse(writeMs);
          taken.count += 1;
          taken.ms += performance.now() - before;
          taken.commands += batch.log?.entries.length ?? 0;
          persister.write(batch);
        },
        close: () => persister.close(),
      }),
    },
    load,
  );
  return { ...run, writeMs: taken.ms / taken.count, commandsPerWrite: taken.commands / taken.count };
}
