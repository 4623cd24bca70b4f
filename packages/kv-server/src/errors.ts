// What can be wrong with a server before it runs.

/** One wrong setting. */
export interface ConfigProblem {
  /** The setting, e.g. `listen`. */
  readonly key: string;
  /** What it was; undefined when it is missing. */
  readonly got: unknown;
  /** What is valid, for a sentence that begins with "it must be". */
  readonly valid: string;
}

/** A configuration that no server can run with. Its message has a line for each wrong setting. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  /** `sourceOf`: where a setting was made, e.g. `--listen`; its key unless given. */
  constructor(problems: readonly ConfigProblem[], sourceOf: (key: string) => string = (key) => key) {
    super(problems.map((problem) => sentenceOf(problem, sourceOf)).join('\n'));
    this.problems = problems;
  }
}

const shownLengthMax = 80;

function sentenceOf({ key, got, valid }: ConfigProblem, sourceOf: (key: string) => string): string {
  const source = sourceOf(key);
  if (got === undefined) return `${source}: is missing; it must be ${valid}.`;
  const shown = JSON.stringify(got) ?? typeof got;
  const text = shown.length > shownLengthMax ? `${shown.slice(0, shownLengthMax)}…` : shown;
  return `${source}: got ${text}; it must be ${valid}.`;
}
