// Writes the skeleton of a Raft, or of a key/value service, into a new folder. Its scripts run this copy of raftlab, in a checkout or
// an installed package, by a relative path, so that grading needs no installation in the folder.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../command-error.ts';
import { manifestOf, tsconfigOf } from './project-files.ts';

/** The folder cannot be used; nothing was written. */
export class InitError extends CommandError {
  override readonly name: string = 'InitError';
}

/** The labs that have a skeleton. */
export const labs = ['3', '4'] as const;
export type Lab = (typeof labs)[number];

interface Skeleton {
  /** The module, in the starter folder and in the new one. */
  readonly module: string;
  readonly readme: string;
  /** What `init` prints first. */
  readonly firstCommand: string;
}

const skeletons: Readonly<Record<Lab, Skeleton>> = {
  3: {
    module: 'raft.ts',
    readme: 'README.md',
    firstCommand: '  npm run grade -- 3A    # fails until there is a leader',
  },
  4: {
    module: 'kv.ts',
    readme: 'README-lab4.md',
    firstCommand: '  npm run grade -- speed4A --raft ours    # fails until a get is answered',
  },
};

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

export interface NewProject {
  /** The names of the written files. */
  readonly files: readonly string[];
  /** Whether `npm run check` works only after `npm install` in the folder. */
  readonly needsInstall: boolean;
  readonly firstCommand: string;
}

/** Throws InitError, and writes nothing, unless the folder is new or empty. */
export function init(path: string, lab: Lab = '3'): NewProject {
  const folder = resolve(path);
  checkEmpty(folder);
  makeFolder(folder);
  // Relative paths go up from the real folder, not from a link to it.
  const location = { folder: realpathSync(folder), packageFolder };
  const { module, readme, firstCommand } = skeletons[lab];
  const manifest = manifestOf({ folderName: basename(folder), module, isRaft: lab === '3' }, location);
  const files: Readonly<Record<string, string>> = {
    [module]: readStarter(module),
    'README.md': readStarter(readme),
    'package.json': asJson(manifest),
    'tsconfig.json': asJson(tsconfigOf(location)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const needsInstall = Object.keys(manifest.devDependencies).length > 0;
  return { files: Object.keys(files), needsInstall, firstCommand };
}

function checkEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new InitError(`${folder} is a file; name a new folder.`);
  const [first, ...more] = readdirSync(folder);
  if (first === undefined) return;
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  throw new InitError(`${folder} is not empty, it has ${first}${rest}; name a new folder.`);
}

/** Fails if a parent is a file, a link is broken, or a permission is missing: the message of the system says which. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InitError(`${folder} cannot be made: ${reason}`, { cause: error });
  }
}

function readStarter(name: string): string {
  return readFileSync(join(packageFolder, 'starter', name), 'utf8');
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
