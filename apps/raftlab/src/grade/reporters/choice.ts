// The values of --reporter: a format, and its destination.
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';

export const reporterNames = ['lab', 'json', 'junit'] as const;
export type ReporterName = (typeof reporterNames)[number];

export interface ReporterChoice {
  readonly name: ReporterName;
  /** Standard output if there is none. */
  readonly file?: string;
}

/** The option --reporter of a command. */
export function reporterOption(): Option {
  return new Option(
    '--reporter <name[=file]>',
    `output format: ${reporterNames.join(', ')}; to a file, or to standard output; can be repeated`,
  ).argParser(addReporter);
}

/** Adds one `name` or `name=file` to those given earlier. */
function addReporter(text: string, chosen: readonly ReporterChoice[] = []): ReporterChoice[] {
  const [word = '', ...rest] = text.split('=');
  const name = reporterNames.find((known) => known === word);
  if (name === undefined) {
    throw new InvalidArgumentError(`There is no reporter '${word}'; there are ${reporterNames.join(', ')}.`);
  }
  const file = rest.length === 0 ? undefined : rest.join('=');
  if (file === '' || file === '-') {
    throw new InvalidArgumentError(`Write ${name}=<file>, or ${name} alone for standard output.`);
  }
  const path = file === undefined ? undefined : resolve(file);
  if (chosen.some((other) => (other.file === undefined ? undefined : resolve(other.file)) === path)) {
    throw new InvalidArgumentError(`${file ?? 'Standard output'} already has a reporter.`);
  }
  return [...chosen, file === undefined ? { name } : { name, file }];
}

/** Adds the lab's text on standard output unless another reporter writes there. */
export function withStandardOutput(chosen: readonly ReporterChoice[] = []): readonly ReporterChoice[] {
  return chosen.some(({ file }) => file === undefined) ? chosen : [{ name: 'lab' }, ...chosen];
}

/** Whether standard output is a document for a program: then no other text may be written there. */
export function hasDocument(reporters: readonly ReporterChoice[]): boolean {
  return reporters.some(({ name, file }) => file === undefined && name !== 'lab');
}
