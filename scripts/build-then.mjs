// Builds what has changed, without a word unless it fails, then runs a program: what is printed is the program's alone.
// usage: node scripts/build-then.mjs <program> [argument …]
import { spawnSync } from 'node:child_process';

const turbo = ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'];
const build = spawnSync('turbo', turbo, { encoding: 'utf8' });
if (build.error) throw build.error;
if (build.status !== 0) {
  console.error(`${build.stdout}${build.stderr}`);
  process.exit(1);
}
// Ctrl-C reaches the program too, which may have something to say: that ends first.
process.on('SIGINT', () => {});
const program = spawnSync(process.execPath, process.argv.slice(2), { stdio: 'inherit' });
process.exitCode = program.status ?? (program.signal === 'SIGINT' ? 130 : 1);
