// Runs the built command line as its user does.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** The grader. */
export function run(...args: readonly string[]): Promise<Outcome> {
  return runProgram('main.js', args);
}

/** A program of dist/. */
export function runProgram(
  path: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  const program = fileURLToPath(new URL(`../dist/${path}`, import.meta.url));
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    execFile(process.execPath, [program, ...args], { encoding: 'utf8', env }, (failure, out, error) => {
      const code = failure === null ? 0 : Number(failure.code);
      resolve({ code, out, error });
    });
  });
}

/** Everything but the line that tells how long it took, and the progress that a simulation of many seconds tells. */
export function withoutTime(out: string): string {
  return out
    .split('\n')
    .filter((line) => !/^(time|\d+ runs, .* virtual, \d+ failed$)/.test(line))
    .join('\n');
}
