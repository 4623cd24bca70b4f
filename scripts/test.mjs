// Runs every package's tests through turbo, then prints what was skipped and one plain closing line: `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const rooms = ['packages', 'apps'].flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)));
const reports = [...rooms, 'tools'].map((dir) => join(dir, 'reports/vitest.json'));
for (const report of reports) rmSync(report, { force: true });
const { status } = spawnSync('turbo', ['run', 'test', '--continue', ...process.argv.slice(2)], {
  stdio: 'inherit',
});

const total = { passed: 0, failed: 0, skipped: 0 };
const skippedGroups = new Set();
for (const report of reports.filter((path) => existsSync(path))) {
  const json = JSON.parse(readFileSync(report, 'utf8'));
  const didNotLoad = json.testResults.filter(
    ({ status: outcome, assertionResults }) => outcome === 'failed' && assertionResults.length === 0,
  );
  total.passed += json.numPassedTests;
  total.failed += json.numFailedTests + didNotLoad.length;
  total.skipped += json.numPendingTests + json.numTodoTests;
  for (const { assertionResults } of json.testResults) {
    for (const { status: outcome, ancestorTitles, title } of assertionResults) {
      if (outcome !== 'passed' && outcome !== 'failed') skippedGroups.add(ancestorTitles[0] ?? title);
    }
  }
}
for (const group of skippedGroups) console.log(`skipped: ${group}`);
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = status === 0 && total.failed === 0 && total.passed > 0 ? 0 : 1;
