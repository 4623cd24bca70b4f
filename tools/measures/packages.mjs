// The sources of every package, read from the disk and measured.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measure } from './measure.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** By name, e.g. `raft-core`; libraries and apps. */
export function measurePackages() {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent)).flatMap((name) => {
      const folder = `${parent}/${name}`;
      // A folder without a manifest is left over from a build of another commit.
      if (!existsSync(join(root, folder, 'package.json'))) return [];
      const paths = readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.tsx?$/.test(path))
        .map((path) => `${folder}/src/${path}`);
      const files = paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
      return { name, folder, ...measure(files, entriesOf(folder)) };
    }),
  );
}

/** The sources behind the entry points of package.json. @param {string} folder @returns {string[]} */
function entriesOf(folder) {
  const { exports = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return Object.values(exports).flatMap((target) => {
    const source = target['@raftlab/source'];
    return typeof source === 'string' && source.endsWith('.ts') ? [join(folder, source)] : [];
  });
}
