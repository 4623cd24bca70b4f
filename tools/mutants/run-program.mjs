// Runs a Node program to its end, or to its time limit.
import { execFile } from 'node:child_process';

/**
 * `status` is undefined when the program was ended by its time limit.
 * @param {string[]} argv
 * @param {{ timeoutMs: number, cwd?: string }} limits
 * @returns {Promise<{ status: number | undefined, output: string, stdout: string }>}
 */
export function runProgram(argv, { timeoutMs, cwd }) {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      argv,
      { cwd, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 1 << 26 },
      (error, stdout, stderr) => {
        const isTimeout = error?.signal === 'SIGKILL';
        resolve({
          status: isTimeout ? undefined : Number(error?.code ?? 0),
          output: stdout + stderr,
          stdout,
        });
      },
    );
  });
}
