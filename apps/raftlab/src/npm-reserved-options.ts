// `npm run grade --real`: npm takes an option that stands before -- for its own, and passes nothing on but a variable of the
// environment. Nobody means that, and the run would be another than the one that was asked for.
import type { Command } from 'commander';

/** Settings of npm's relatives, too: they may stand in a user's .npmrc, and change no result. */
const otherSettings: ReadonlySet<string> = new Set(['--jobs', '--reporter']);

/** Ends the command with an error, when npm has kept options of the program for itself. */
export function refuseKeptByNpm(program: Command, environment: NodeJS.ProcessEnv): void {
  const kept = program.options.flatMap(({ long }) =>
    long !== undefined && !otherSettings.has(long) && isKept(long, environment) ? [long] : [],
  );
  if (kept.length === 0) return;
  program.error(
    `error: npm has kept ${kept.join(' and ')} for itself; write -- before what is meant for ${program.name()}: ` +
      `npm run ${program.name()} -- …`,
  );
}

/** npm's form of `--trace-dir` is npm_config_trace_dir, and of `--no-trace` an empty npm_config_trace. */
function isKept(long: string, environment: NodeJS.ProcessEnv): boolean {
  const [, no, name = ''] = /^--(no-)?(.+)$/.exec(long) ?? [];
  const value = environment[`npm_config_${name.replaceAll('-', '_')}`];
  if (value === undefined) return false;
  return no === undefined ? value !== '' : value === '';
}
