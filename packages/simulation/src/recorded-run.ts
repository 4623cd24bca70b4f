// A run as a file: the seed, the faults that a failure needs, and the violated property. Reading it back replays the run.
import { z } from 'zod';
import { conditionNames } from './conditions.ts';
import { timedFaultSchema } from './fault.ts';
import {
  faultFamilies,
  learnersMax,
  schedules,
  serverCounts,
  storageKinds,
  type MixOverrides,
} from './mix.ts';
import type { SimulateOptions } from './simulate.ts';
import type { SimulationReport } from './simulation-report.ts';

const recordedRunSchema = z.strictObject({
  format: z.literal('raftlab-run-1'),
  seed: z.int().min(0),
  overrides: z.strictObject({
    servers: z.literal(serverCounts).exactOptional(),
    learners: z.int().min(0).max(learnersMax).exactOptional(),
    schedule: z.enum(schedules).exactOptional(),
    faultPhaseMs: z.int().min(0).exactOptional(),
    without: z.array(z.enum(faultFamilies)).readonly().exactOptional(),
    storage: z.enum(storageKinds).exactOptional(),
    conditions: z.array(z.enum(conditionNames)).readonly().exactOptional(),
  }),
  /** The property that the run violates, or null if it must pass. */
  violates: z.string().nullable(),
  faults: z.array(timedFaultSchema).readonly(),
});

/** A run that can be repeated. */
export type RecordedRun = Readonly<z.infer<typeof recordedRunSchema>>;

/** A file is not a recorded run. The message names the field that is wrong. */
export class RecordedRunError extends Error {
  override readonly name: string = 'RecordedRunError';
}

/** The parts of this report that a replay needs. */
export function recordRun(report: SimulationReport, overrides: MixOverrides): RecordedRun {
  const { seed, faults, violation } = report;
  return { format: 'raftlab-run-1', seed, overrides, violates: violation?.property ?? null, faults };
}

/** A JSON document with one fault per line, so that two runs can be compared line by line. */
export function formatRecordedRun({ faults, ...head }: RecordedRun): string {
  const lines = faults.map((fault) => `    ${JSON.stringify(fault)}`);
  const open = JSON.stringify(head, null, 2).replace(/\n}$/, '');
  return `${open},\n  "faults": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/** Parses the text that `formatRecordedRun` wrote. Throws RecordedRunError. */
export function parseRecordedRun(text: string): RecordedRun {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RecordedRunError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = recordedRunSchema.safeParse(value);
  if (!parsed.success) throw new RecordedRunError(z.prettifyError(parsed.error));
  return parsed.data;
}

/** The options with which `simulate` repeats a recorded run. */
export function replayOptions({ seed, overrides, faults }: RecordedRun): SimulateOptions {
  return { seed, overrides, faults };
}
