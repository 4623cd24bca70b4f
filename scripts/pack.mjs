// Builds and packs every package into a folder, as tarballs that npm can install.
// usage: node scripts/pack.mjs <folder>
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('error: no folder was given; run: npm run pack -- <folder>');
  process.exit(2);
}
const destination = resolve(folder);

function run(command, argv, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, argv, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status === 0) return;
  console.error(`${command} ${argv.join(' ')} failed in ${cwd}:\n${stdout}${stderr}`);
  process.exit(1);
}

/** tsc does not remove the outputs of a source that was deleted. */
function removeStaleOutputs(packageFolder) {
  const dist = join(packageFolder, 'dist');
  if (!existsSync(dist)) return;
  for (const name of readdirSync(dist, { recursive: true })) {
    const [, stem] = /^(.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(name) ?? [];
    if (stem === undefined) continue;
    const source = join(packageFolder, 'src', stem);
    if (!existsSync(`${source}.ts`) && !existsSync(`${source}.tsx`)) rmSync(join(dist, name));
  }
}

const packages = ['packages', 'apps']
  .flatMap((parent) => readdirSync(join(root, parent)).map((name) => join(root, parent, name)))
  .filter((path) => existsSync(join(path, 'package.json')));
run('pnpm', ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], root);
mkdirSync(destination, { recursive: true });
for (const path of packages) {
  removeStaleOutputs(path);
  run('pnpm', ['pack', '--silent', '--pack-destination', destination], path);
}
console.log(`${packages.length} tarballs are in ${destination}`);
