// Builds what has changed, without a word unless it fails, then grades: what is printed is the grader's alone.
import { spawnSync } from 'node:child_process';

const turbo = ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'];
const build = spawnSync('turbo', turbo, { encoding: 'utf8' });
if (build.error) throw build.error;
if (build.status !== 0) {
  console.error(`${build.stdout}${build.stderr}`);
  process.exit(1);
}
const grader = spawnSync(process.execPath, ['apps/grader/dist/main.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = grader.status ?? 1;
