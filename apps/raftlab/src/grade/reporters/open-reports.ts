// All reporters of one grading as one: one on standard output, the others in files.
import type { TestReport } from '@raftlab/test-harness';
import pc from 'picocolors';
import type { Task } from '../test-runner.ts';
import type { ReporterChoice, ReporterName } from './choice.ts';
import { JsonReporter } from './json-reporter.ts';
import { JunitReporter } from './junit-reporter.ts';
import { LabReporter } from './lab-reporter.ts';
import { ReportFile } from './report-file.ts';
import type { GradingResult, Reporter, ReporterOptions } from './reporter.ts';

const reporterOf: Readonly<Record<ReporterName, new (options: ReporterOptions) => Reporter>> = {
  lab: LabReporter,
  json: JsonReporter,
  junit: JunitReporter,
};

/** `options` are those of standard output. Throws ReportFileError if a file cannot be written. */
export function openReports(choices: readonly ReporterChoice[], options: ReporterOptions): Reporter {
  const files: ReportFile[] = [];
  const closeFiles = (): void => {
    for (const file of files.splice(0)) file.close();
  };
  let reporters: Reporter[];
  try {
    // All files are opened before the first reporter prints.
    const targets = choices.map(({ file }) => (file === undefined ? options : inFile(file, options, files)));
    reporters = choices.map(({ name }, offset) => new reporterOf[name](targets[offset] ?? options));
  } catch (error) {
    closeFiles();
    throw error;
  }
  return {
    onStart: (task: Task) => {
      for (const reporter of reporters) reporter.onStart?.(task);
    },
    onReport: (task: Task, report: TestReport) => {
      for (const reporter of reporters) reporter.onReport(task, report);
    },
    end: (result: GradingResult) => {
      for (const reporter of reporters) reporter.end(result);
      closeFiles();
    },
  };
}

function inFile(path: string, options: ReporterOptions, opened: ReportFile[]): ReporterOptions {
  const file = new ReportFile(path);
  opened.push(file);
  return {
    ...options,
    write: (text) => file.write(text),
    colors: pc.createColors(false),
    hasLiveView: false,
  };
}
