// A problem of a scenario with its place: a command that cannot be parsed or carried out, or a check that failed.

/** A command of a scenario could not be read or carried out, or a check failed. */
export class ScenarioError extends Error {
  override readonly name: string = 'ScenarioError';
  readonly file: string;
  /** Counted from 1. */
  readonly lineNumber: number;

  constructor(file: string, lineNumber: number, problem: string) {
    super(`${file}:${lineNumber}: ${problem}`);
    this.file = file;
    this.lineNumber = lineNumber;
  }
}

/** The problem without its place; the runner adds file and line, in a ScenarioError. */
export class ScenarioProblem extends Error {
  override readonly name: string = 'ScenarioProblem';
}
