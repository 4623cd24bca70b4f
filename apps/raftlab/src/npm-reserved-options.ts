// `npm run grade --real`: npm interprets an option before -- as one of its own settings, and passes on only an environment
// variable. Without this check another run would start than the one that was requested.
import type { Command } from 'commander';
import { CommandError } from './command-error.ts';

/** Also settings of package managers: they may come from a user's .npmrc, and they change no result. */
const otherSettings: ReadonlySet<string> = new Set(['--jobs', '--reporter']);

/** Throws CommandError when npm has taken options of the command, which is run with `npm run` and the name of the script. */
export function refuseNpmReservedOptions(
  command: Command,
  script: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const taken = command.options.flatMap(({ long }) =>
    long !== undefined && !otherSettings.has(long) && isTaken(long, env) ? [long] : [],
  );
  if (taken.length === 0) return;
  throw new CommandError(
    `npm took ${taken.join(' and ')} as its own; put -- before the arguments of ${script}: ` +
      `npm run ${script} -- …`,
  );
}

/** npm's form of `--trace-dir` is npm_config_trace_dir, and of `--no-trace` an empty npm_config_trace. */
function isTaken(long: string, env: Readonly<Record<string, string | undefined>>): boolean {
  const [, no, name = ''] = /^--(no-)?(.+)$/.exec(long) ?? [];
  const value = env[`npm_config_${name.replaceAll('-', '_')}`];
  if (value === undefined) return false;
  return no === undefined ? value !== '' : value === '';
}
