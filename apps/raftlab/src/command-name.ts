// The command that messages tell the user to type. Three places run this program: a checkout of the repository, a folder that
// `init` has written, and a project that has installed the package. Each has another command that works.

/** What the command depends on; the process itself by default. */
export interface Invocation {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether this file is part of an installed package, not of a checkout. */
  readonly isInstalled: boolean;
}

const thisProcess: Invocation = {
  env: process.env,
  isInstalled: import.meta.url.includes('/node_modules/'),
};

/** `npm run grade --` or `npx raftlab grade`; arguments follow it after a blank. */
export function commandName(subcommand: string, { env, isInstalled }: Invocation = thisProcess): string {
  const script = env['npm_lifecycle_event'];
  // npm sets these two for `npx raftlab`, which may find a linked checkout.
  const isNpx = script === 'npx' && /\braftlab\b/.test(env['npm_lifecycle_script'] ?? '');
  const hasScript = script === subcommand || (!isInstalled && !isNpx);
  return hasScript ? `npm run ${subcommand} --` : `npx raftlab ${subcommand}`;
}
