// A project outside of the workspace that has installed every package from its tarball, and operations on it.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, root } from '../src/repository.ts';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

export interface InstalledProject {
  readonly folder: string;
  readonly tarballs: readonly string[];
  /** Runs a command line in the project, or in a folder of it, for any exit code. */
  run(command: string, subfolder?: string): Promise<Outcome>;
  remove(): void;
}

/** The checkers of published packages. They are used only here, so they are not dependencies of the workspace. */
const checkers = ['publint@0.3.25', '@arethetypeswrong/cli@0.18.5'];

/** Packs every package of the repository, and installs all tarballs at once into an empty folder. */
export async function installEverything(): Promise<InstalledProject> {
  const parent = mkdtempSync(join(tmpdir(), 'raftlab-outside-'));
  const remove = (): void => rmSync(parent, { recursive: true });
  try {
    const packed = join(parent, 'tarballs');
    const folder = join(parent, 'project');
    mkdirSync(folder);
    await succeed(run(`node scripts/pack.mjs "${packed}"`, root));
    const tarballs = readdirSync(packed).map((name) => join(packed, name));
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const others = [...checkers, ...['typescript', '@types/node'].map(sameVersion)];
    // The registry is used only for packages that npm has not cached.
    const flags = '--prefer-offline --no-audit --no-fund --loglevel=error';
    await succeed(run(`npm install ${flags} "${packed}"/*.tgz ${others.join(' ')}`, folder));
    return {
      folder,
      tarballs,
      run: (command, subfolder = '.') => run(command, join(folder, subfolder)),
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Rejects, with the complete output, if the command fails. */
export async function succeed(outcome: Promise<Outcome>): Promise<Outcome> {
  const { code, out, error } = await outcome;
  if (code !== 0) throw new Error(`exit code ${code}\n${out}${error}`);
  return { code, out, error };
}

/** `typescript@7.0.2`, with the version of the workspace. */
function sameVersion(name: string): string {
  const { version } = readJson(`node_modules/${name}/package.json`, z.object({ version: z.string() }));
  return `${name}@${version}`;
}

function run(command: string, cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    // Variables that pnpm has set for the tests would be interpreted as settings of the commands.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^p?npm_/i.test(name)));
    execFile(
      'bash',
      ['-c', command],
      { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 },
      (failure, out, error) => {
        resolve({ code: failure === null ? 0 : Number(failure.code ?? 1), out, error });
      },
    );
  });
}
