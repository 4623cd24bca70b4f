// The command that messages tell the user to type. This program runs in a checkout of the repository, in a folder that `init`
// has written, or in a project that has installed the package, and in each of these another command works.

/** The environment of the command; by default the process itself. */
export interface Invocation {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether this file is part of an installed package, not of a checkout. */
  readonly isInstalled: boolean;
}

const thisProcess: Invocation = {
  env: process.env,
  isInstalled: import.meta.url.includes('/node_modules/'),
};

/** `npm run grade --` or `npx raftlab grade`; arguments follow it after a space. */
export function commandName(subcommand: string, { env, isInstalled }: Invocation = thisProcess): string {
  const script = env['npm_lifecycle_event'];
  // npm sets these two for `npx raftlab`, which may find a linked checkout.
  const isNpx = script === 'npx' && /\braftlab\b/.test(env['npm_lifecycle_script'] ?? '');
  const hasScript = scriptsBeside(script).includes(subcommand) || (!isInstalled && !isNpx);
  return hasScript ? `npm run ${subcommand} --` : `npx raftlab ${subcommand}`;
}

/** The scripts of the package.json in which this script is: `init` writes these two together. */
function scriptsBeside(script: string | undefined): readonly (string | undefined)[] {
  return script === 'grade' || script === 'simulate' ? ['grade', 'simulate'] : [script];
}
