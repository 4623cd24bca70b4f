// Sets the repository up and runs one of its package.json scripts: installs the pinned pnpm into .tools/, then the
// workspace. Plain JavaScript without dependencies, since it runs before anything is installed.
// usage: node scripts/bootstrap.mjs <script of package.json> [argument …]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Raftlab needs Node.js 20.19 or newer; this is ${process.version}.`);
  process.exit(2);
}

// The version of pnpm is defined only once: packageManager in package.json.
const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const version = /^pnpm@([^+]+)/.exec(packageManager)[1];
const tools = join(root, '.tools');
const bin = join(tools, 'node_modules/.bin');
const pnpm = join(bin, 'pnpm');
const env = {
  ...process.env,
  PATH: bin + delimiter + process.env.PATH,
  TURBO_TELEMETRY_DISABLED: '1',
  // Where the command was typed: npm runs scripts in the root, but paths on a command line are relative to this folder.
  RAFTLAB_CALLED_FROM: process.env.INIT_CWD ?? process.cwd(),
  // npm and this process: a program that runs until it is stopped ends when one of them does, since a signal does not reach it.
  RAFTLAB_STARTED_BY: `${process.ppid},${process.pid}`,
};

// `quiet` hides the output of the set-up, unless it fails.
function run(command, argv, { quiet = false } = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, argv, {
    cwd: root,
    env,
    stdio: quiet ? 'pipe' : 'inherit',
    encoding: 'utf8',
  });
  if (error) throw error;
  if (status === 0) return;
  if (quiet) console.error(`${command} ${argv.join(' ')} failed:\n${stdout}${stderr}`);
  process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}

const installed = spawnSync(pnpm, ['--version'], { cwd: root, encoding: 'utf8' }).stdout?.trim();
if (installed !== version) {
  console.error(`setting up: pnpm ${version} and the workspace (once)`);
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', '--prefix', tools, ...flags, `pnpm@${version}`], { quiet: true });
}
run(pnpm, ['install', '--frozen-lockfile'], { quiet: true });
// Ctrl-C reaches the script too, which may still print: wait until it ends.
process.on('SIGINT', () => {});
run(pnpm, ['--silent', 'run', ...process.argv.slice(2)]);
