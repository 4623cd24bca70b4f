// A power failure at every operation on files, in random histories with a new seed. WAL_CRASH_SEED repeats a run, WAL_CRASH_POINTS
// makes it longer: 200,000 take some minutes.
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { tryCrashPoints } from './crash-points.ts';

const seed = process.env['WAL_CRASH_SEED'] ?? String(randomInt(2 ** 32));
const count = Number(process.env['WAL_CRASH_POINTS'] ?? 5000);

test(
  `${count} losses of power leave what was acknowledged (WAL_CRASH_SEED=${seed})`,
  async () => {
    const report = await tryCrashPoints(seed, count);
    expect(report.crashPoints).toBeGreaterThanOrEqual(count);
    expect(Object.keys(report.operations)).toEqual(
      expect.arrayContaining(['write', 'sync', 'rename', 'remove', 'syncDirectory']),
    );
    expect(report.inRecovery).toBeGreaterThan(0);
    expect(report.unacknowledgedFound).toBeGreaterThan(0);
  },
  count * 100,
);
