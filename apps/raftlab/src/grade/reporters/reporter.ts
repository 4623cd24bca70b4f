// What a grading tells those who report it.
import type { Colors } from 'picocolors/types.js';
import type { GradeCommand } from '../command.ts';
import type { RunKind } from '../lab-lines.ts';
import type { ScheduleListener } from '../schedule.ts';
import type { Tally } from '../summary.ts';
import type { Look } from '../failure-page.ts';

/** It hears of every test in the order of the schedule, when the tally has it already. */
export interface Reporter extends ScheduleListener {
  /** Once, after the last report. */
  end(result: GradingResult): void;
}

export interface GradingResult {
  /** Tests that were under way, or not begun, are in no report. */
  readonly isInterrupted: boolean;
  /** Of the whole grading, as are the other times. */
  readonly realMs: number;
  readonly cpuMs: number;
}

export interface ReporterOptions {
  readonly command: GradeCommand;
  readonly kind: RunKind;
  readonly tally: Tally;
  readonly write: (text: string) => void;
  readonly colors: Colors;
  /** Whether a live view shows what is under way, so that the text need not. */
  readonly hasLiveView: boolean;
  /** Where the page of a test lies, or why it has none. */
  readonly lookAt: (id: string, seed: number) => Look;
  readonly pageCount: () => number;
  /** Groups of failures that have no page because there are so many. */
  readonly pagelessCount: () => number;
}
