// Builds what has changed, without a word unless it fails, then runs a program: what is printed is the program's alone.
// usage: node scripts/build-then.mjs <program> [argument …]
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const turbo = ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'];
const build = spawnSync('turbo', turbo, { encoding: 'utf8' });
if (build.error) throw build.error;
if (build.status !== 0) {
  console.error(`${build.stdout}${build.stderr}`);
  process.exit(1);
}
// Ctrl-C reaches the program too, which may have something to say: that ends first.
process.on('SIGINT', () => {});
const [path, ...argv] = process.argv.slice(2);
const cwd = process.env.RAFTLAB_CALLED_FROM ?? process.cwd();
const program = spawnSync(process.execPath, [resolve(path), ...argv], { stdio: 'inherit', cwd });
process.exitCode = program.status ?? (program.signal === 'SIGINT' ? 130 : 1);
