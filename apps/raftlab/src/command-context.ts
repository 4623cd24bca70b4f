// The parts of its process that a subcommand may use. Tests run command lines in their own process, with their own context.
import type { Command } from 'commander';

/** `process.stdout` or `process.stderr`. The optional fields are absent without a terminal. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** `process.stdin`. */
export type InputStream = NodeJS.ReadableStream &
  AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean };

export interface CommandContext {
  /** Standard input; undefined where there is none. Not read unless a command needs it. */
  readonly stdin?: InputStream | undefined;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the command is to end early. */
  readonly signal: AbortSignal;
  /** From now on Ctrl-C aborts `signal` instead of ending the process. */
  handleInterrupts(): void;
  /**
   * From now on SIGTERM and Ctrl-C abort `signal`, and a second one ends the process at once. The end of a parent that has an IPC
   * channel to this process counts as SIGTERM.
   */
  handleTermination(): void;
}

/** 0 success, 1 a test or a property failed, 2 the command was invalid, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

/** Defines one subcommand. Its action reports the exit code, or throws CommandError. */
export type Subcommand = (context: CommandContext, exit: (code: ExitCode) => void) => Command;

/** Standard output and standard error as text. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
}

export function terminalOf({ stdout, stderr }: Pick<CommandContext, 'stdout' | 'stderr'>): Terminal {
  return { out: (text) => void stdout.write(text), error: (text) => void stderr.write(text) };
}
