// Runs command lines: in this process if the process does not matter to the test, otherwise in a process of its own.
import { execFile } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from '#src/command-line';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** The built program. */
export const program: string = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Runs `raftlab …` in this process, without a terminal. */
export async function runRaftlab(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input: string | Uint8Array = '',
): Promise<Outcome> {
  const stdin = Readable.from(input.length === 0 ? [] : [Buffer.from(input)]);
  const stdout = new TextStream();
  const stderr = new TextStream();
  const { signal } = new AbortController();
  const code = await runCommandLine(args, {
    stdin,
    stdout,
    stderr,
    env,
    signal,
    handleInterrupts: () => undefined,
    handleTermination: () => undefined,
  });
  return { code, out: stdout.text, error: stderr.text };
}

export const runGrade = (...args: readonly string[]): Promise<Outcome> => runRaftlab(['grade', ...args]);
export const runSimulate = (...args: readonly string[]): Promise<Outcome> =>
  runRaftlab(['simulate', ...args]);
export const runExplore = (...args: readonly string[]): Promise<Outcome> => runRaftlab(['explore', ...args]);

/** Runs the program in a process of its own. */
export function spawnRaftlab(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...environment };
    execFile(process.execPath, [program, ...args], { encoding: 'utf8', env }, (failure, out, error) => {
      const code = failure === null ? 0 : Number(failure.code);
      resolve({ code, out, error });
    });
  });
}

/** Runs `npm run grade -- …` from a document, in a folder, and returns its output, for any exit code. */
export async function typeIn(command: string, folder: string): Promise<string> {
  const [, script, args = ''] = /^npm run (\w+) -- ([^#'"]*)(#.*)?$/.exec(command) ?? [];
  if (script === undefined) throw new Error(`this test does not understand the command: ${command}`);
  // esbuild starts its process in the folder in which it was loaded, also when later tests in this process have removed that folder.
  await import('esbuild');
  const previous = process.cwd();
  process.chdir(folder);
  try {
    return (await runRaftlab([script, ...args.trim().split(/\s+/)])).out;
  } finally {
    process.chdir(previous);
  }
}

/** All lines except the one with the elapsed time and the progress of a long simulation. */
export function withoutTime(out: string): string {
  return out
    .split('\n')
    .filter((line) => !/^(time|\d+ runs, .* virtual, \d+ failed$)/.test(line))
    .join('\n');
}

/** Collects the text that is written to it. */
class TextStream extends Writable {
  text = '';

  constructor() {
    super({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        this.text += chunk;
        done();
      },
    });
  }
}
