// A run as a file: the seed and the faults that a failure needs, and what it violates. Reading one back replays it.
import { z } from 'zod';
import { timedFaultSchema, type TimedFault } from './fault.ts';
import { faultFamilies, schedules, type MixOverrides } from './mix.ts';
import type { SimulateOptions } from './simulate.ts';
import type { SimulationReport } from './simulation-report.ts';

export interface RecordedRun {
  readonly format: 'raftlab-run-1';
  readonly seed: number;
  readonly overrides: MixOverrides;
  /** The property that the run violates, or null when it must pass. */
  readonly violates: string | null;
  readonly faults: readonly TimedFault[];
}

const recordedRunSchema = z.strictObject({
  format: z.literal('raftlab-run-1'),
  seed: z.int().min(0),
  overrides: z.strictObject({
    servers: z.literal([3, 5, 7]).optional(),
    schedule: z.enum(schedules).optional(),
    faultPhaseMs: z.int().min(0).optional(),
    without: z.array(z.enum(faultFamilies)).optional(),
  }),
  violates: z.string().nullable(),
  faults: z.array(timedFaultSchema),
});

/** The file is not a recorded run. The message says where it is not. */
export class RecordedRunError extends Error {
  override readonly name: string = 'RecordedRunError';
}

export function recordRun(report: SimulationReport, overrides: MixOverrides): RecordedRun {
  const { seed, faults, violation } = report;
  return { format: 'raftlab-run-1', seed, overrides, violates: violation?.property ?? null, faults };
}

/** One fault a line, so that two runs can be compared by eye. */
export function formatRecordedRun({ faults, ...head }: RecordedRun): string {
  const lines = faults.map((fault) => `    ${JSON.stringify(fault)}`);
  const open = JSON.stringify(head, null, 2).replace(/\n}$/, '');
  return `${open},\n  "faults": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

export function parseRecordedRun(text: string): RecordedRun {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RecordedRunError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = recordedRunSchema.safeParse(value);
  if (!parsed.success) throw new RecordedRunError(z.prettifyError(parsed.error));
  const { overrides, ...run } = parsed.data;
  const given = Object.entries(overrides).filter(([, override]) => override !== undefined);
  return { ...run, overrides: Object.fromEntries(given) };
}

export function replayOptions({ seed, overrides, faults }: RecordedRun): SimulateOptions {
  return { seed, overrides, faults };
}
