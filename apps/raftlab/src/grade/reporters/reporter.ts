// The interface between a grading and its reporters.
import type { Colors } from 'picocolors/types.js';
import type { FailurePage } from '../failure-page.ts';
import type { RunKind } from '../lab-lines.ts';
import type { GradeRequest } from '../request.ts';
import type { ScheduleListener } from '../schedule.ts';
import type { Tally } from '../summary.ts';

/** Called with every report in the order of the schedule, after the tally. */
export interface Reporter extends ScheduleListener {
  /** Called once, after the last report. */
  end(result: GradingResult): void;
}

export interface GradingResult {
  /** Tests that had not ended are in no report. */
  readonly isInterrupted: boolean;
  /** Of the whole grading, as are the other times. */
  readonly realMs: number;
  readonly cpuMs: number;
}

export interface ReporterOptions {
  readonly request: GradeRequest;
  readonly kind: RunKind;
  readonly tally: Tally;
  readonly write: (text: string) => void;
  readonly colors: Colors;
  /** Whether a live view shows the running tests, so that the text need not. */
  readonly hasLiveView: boolean;
  /** The page of a test, or why it has none. */
  readonly pageOf: (id: string, seed: number) => FailurePage;
  readonly pageCount: () => number;
  /** Causes of failures that have no page because there are too many. */
  readonly pagelessCount: () => number;
}
