// `grade init`: writes the beginning of a Raft of one's own, tied to this checkout, so that it is graded and type-checked from
// where it lies.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder cannot be used; nothing was written. */
export class InitError extends Error {
  override readonly name: string = 'InitError';
}

const grader = fileURLToPath(new URL('../..', import.meta.url));
const checkout = resolve(grader, '../..');

/** Gives the names of the files that it has written. Throws InitError, and writes nothing, unless the folder is new or empty. */
export function init(path: string): string[] {
  const folder = resolve(path);
  checkEmpty(folder);
  makeFolder(folder);
  // Without links on the way: paths go up from where the folder really is.
  const toCheckout = relative(realpathSync(folder), checkout);
  const files: Readonly<Record<string, string>> = {
    'raft.ts': readStarter('raft.ts'),
    'README.md': readStarter('README.md'),
    'package.json': asJson(packageJson(basename(folder), toCheckout)),
    'tsconfig.json': asJson(tsconfig(toCheckout)),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return Object.keys(files);
}

function checkEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new InitError(`${folder} is a file; name a new folder.`);
  const [first, ...more] = readdirSync(folder);
  if (first === undefined) return;
  const rest = more.length === 0 ? '' : ` and ${more.length} more`;
  throw new InitError(`${folder} is not empty, it has ${first}${rest}; name a new folder.`);
}

/** A file on the way, a link to nowhere, no permission: the system's own words say which. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InitError(`${folder} cannot be made: ${reason}`, { cause: error });
  }
}

function readStarter(name: string): string {
  return readFileSync(join(grader, 'starter', name), 'utf8');
}

function packageJson(name: string, toCheckout: string): object {
  return {
    name: name.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-'),
    private: true,
    type: 'module',
    scripts: {
      grade: `node "${join(toCheckout, 'apps/raftlab/dist/main.js')}" --impl ./raft.ts`,
      check: `node "${join(toCheckout, 'node_modules/typescript/bin/tsc')}" -p .`,
    },
  };
}

/** Types come from the built packages of the checkout: nothing needs to be installed. */
function tsconfig(toCheckout: string): object {
  return {
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023'],
      module: 'preserve',
      strict: true,
      noUncheckedIndexedAccess: true,
      verbatimModuleSyntax: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      noEmit: true,
      typeRoots: [join(toCheckout, 'node_modules/@types')],
      types: ['node'],
      paths: {
        '@raftlab/test-harness/learner': [join(toCheckout, 'packages/test-harness/dist/learner.d.ts')],
        zod: [join(toCheckout, 'apps/raftlab/node_modules/zod/index.d.ts')],
      },
    },
    include: ['**/*.ts'],
  };
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
