// Libraries for comparison in a measurement. They are not dependencies of the repository: the first measurement that needs them
// installs them into .tools, which needs a registry once.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../.tools/bench-peers', import.meta.url));

/**
 * A library in exactly this version; undefined, with a line on the terminal, if it is not available.
 * @param {string} name @param {string} version
 */
export function peerLibrary(name, version) {
  if (!existsSync(join(folder, 'node_modules', name))) install(name, version);
  try {
    return createRequire(join(folder, 'peer.cjs'))(name);
  } catch (error) {
    console.log(
      `  without ${name} ${version}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
    );
    return undefined;
  }
}

/** @param {string} name @param {string} version */
function install(name, version) {
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
  // Their binaries are separate packages, or in the package: nothing is built. Installing a library keeps the others.
  spawnSync('npm', ['install', '--prefix', folder, ...flags, '--ignore-scripts', `${name}@${version}`], {
    stdio: 'ignore',
  });
}
