// Shortens a failing run: removes faults and proposals as long as the run still violates the same property.
import type { TimedFault } from './fault.ts';
import { simulate, type SimulateOptions } from './simulate.ts';
import type { SimulationReport } from './simulation-report.ts';

export interface ShrinkOptions {
  /** The maximum number of runs for shrinking. */
  readonly maxRuns?: number;
  /** How a candidate is run; `simulate` by default. */
  readonly run?: (options: SimulateOptions) => Promise<SimulationReport>;
}

/** The result of shrinking: the fewest faults found, and its cost. */
export interface Shrunk {
  /** The shortest run found that violates the property; the given one if no shorter one does. */
  readonly report: SimulationReport;
  readonly before: number;
  readonly after: number;
  readonly runs: number;
}

/** Delta debugging: removes halves, quarters, … single faults, until no more can be removed. */
export async function shrink(
  failing: SimulationReport,
  options: SimulateOptions,
  { maxRuns = 400, run = simulate }: ShrinkOptions = {},
): Promise<Shrunk> {
  const property = failing.violation?.property;
  let best = failing;
  let runs = 0;
  const fails = async (faults: readonly TimedFault[]): Promise<SimulationReport | undefined> => {
    runs += 1;
    const report = await run({ ...options, faults });
    return report.violation !== undefined && report.violation.property === property ? report : undefined;
  };
  // Faults after the violation cannot have caused it.
  const first = await fails(
    failing.faults.filter(({ atMs }) => atMs <= (failing.violation?.atMs ?? Infinity)),
  );
  if (first !== undefined) best = first;

  const mayGoOn = (): boolean => runs < maxRuns;
  let size = Math.ceil(best.faults.length / 2);
  while (size >= 1 && mayGoOn()) {
    let isShorter = false;
    let from = 0;
    while (from < best.faults.length && mayGoOn()) {
      const without = [...best.faults.slice(0, from), ...best.faults.slice(from + size)];
      const report = await fails(without);
      if (report === undefined) {
        from += size;
      } else {
        best = { ...report, faults: without };
        isShorter = true;
      }
    }
    if (size === 1 && !isShorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return { report: best, before: failing.faults.length, after: best.faults.length, runs };
}
