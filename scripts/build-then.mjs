// Builds the changed packages, silently unless the build fails, then runs a program, so that the output is the program's only.
// usage: node scripts/build-then.mjs [option of node …] <program> [argument …]
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const turbo = ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'];
const build = spawnSync('turbo', turbo, { encoding: 'utf8' });
if (build.error) throw build.error;
if (build.status !== 0) {
  console.error(`${build.stdout}${build.stderr}`);
  process.exit(1);
}
// Ctrl-C reaches the program too, which may still print: wait until it ends.
process.on('SIGINT', () => {});
const argv = process.argv.slice(2);
const programAt = argv.findIndex((word) => !word.startsWith('--'));
const cwd = process.env.RAFTLAB_CALLED_FROM ?? process.cwd();
const words = [...argv.slice(0, programAt), resolve(argv[programAt]), ...argv.slice(programAt + 1)];
const program = spawnSync(process.execPath, words, { stdio: 'inherit', cwd });
process.exitCode = program.status ?? (program.signal === 'SIGINT' ? 130 : 1);
