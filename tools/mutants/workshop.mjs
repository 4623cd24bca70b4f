// A copy of the packages to which one bug at a time is applied, so that the repository itself is never changed.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutate } from './mutate.mjs';
import { runProgram } from './run-program.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = readdirSync(join(root, 'packages'));

/** @typedef {import('./catalogue.mjs').Mutant} Mutant */
/** What a detector noticed first, and after how much; null when nothing. @typedef {{ what: string, after: string } | null} Noticed */
/** @typedef {{ seeds: number, runs: number, without: readonly string[], withoutFaults: readonly string[] }} DetectOptions */

export class Workshop {
  #folder = mkdtempSync(join(tmpdir(), 'raftlab-mutants-'));

  constructor() {
    symlinkSync(join(root, 'node_modules'), join(this.#folder, 'node_modules'));
    for (const file of ['tsconfig.base.json', 'vitest.config.ts', 'package.json']) {
      cpSync(join(root, file), join(this.#folder, file));
    }
    cpSync(join(root, 'packages'), join(this.#folder, 'packages'), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !/\/(dist|reports)(\/|$)/.test(path.slice(root.length)),
    });
  }

  /** @param {string} name */
  packageFolder(name) {
    return join(this.#folder, 'packages', name);
  }

  /**
   * Tries the build as it is.
   * @param {string} detector @param {DetectOptions} options @param {number} timeoutMs
   * @returns {Promise<Noticed>}
   */
  async detect(detector, options, timeoutMs) {
    const program = join(root, 'tools/mutants/detect.mjs');
    const argv = [program, this.packageFolder('.'), detector, JSON.stringify(options)];
    const { status, stdout, output } = await runProgram(argv, { timeoutMs });
    if (status === undefined) return { what: 'does not end', after: '' };
    if (status === 0) return JSON.parse(stdout);
    const error = output.split('\n').find((text) => text.includes('Error'));
    return { what: `stops: ${error ?? output.slice(0, 60)}`, after: '' };
  }

  /**
   * The tests of the package that the bug is in: the first that fails.
   * @param {string} file @param {number} timeoutMs
   * @returns {Promise<Noticed>}
   */
  async runTests(file, timeoutMs) {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const flags = ['--config', '../../vitest.config.ts', '--bail=1', '--reporter=dot', '--no-color'];
    const cwd = this.packageFolder(file.split('/')[0]);
    const { status, output } = await runProgram([vitest, 'run', ...flags], { timeoutMs, cwd });
    if (status === undefined) return { what: 'does not end', after: '' };
    if (status === 0) return null;
    return { what: (/FAIL\s+(.*)/.exec(output)?.[1] ?? 'fails').trim(), after: '' };
  }

  /**
   * Builds the packages with the bug, and gives what `use` gives; the bug is gone afterwards.
   * @template Result
   * @param {Mutant} mutant @param {(workshop: Workshop) => Promise<Result>} use
   */
  async withMutant(mutant, use) {
    const path = join(this.#folder, 'packages', mutant.file);
    const original = readFileSync(path, 'utf8');
    writeFileSync(path, mutate(original, mutant));
    try {
      await this.#build(mutant.id);
      return await use(this);
    } finally {
      writeFileSync(path, original);
    }
  }

  remove() {
    rmSync(this.#folder, { recursive: true });
  }

  /** @param {string} id */
  async #build(id) {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const argv = [tsc, '-b', ...packages.map((name) => this.packageFolder(name))];
    const { status, output } = await runProgram(argv, { timeoutMs: 120_000 });
    if (status !== 0) throw new Error(`${id} does not compile:\n${output}`);
  }
}
