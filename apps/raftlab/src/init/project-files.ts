// package.json and tsconfig.json of a folder that `init` writes. Types and the TypeScript compiler are those that this copy of
// raftlab sees in node_modules, named by relative paths.
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

export interface ProjectLocation {
  /** The new folder. */
  readonly folder: string;
  /** The folder of this package: in a checkout, or in node_modules. */
  readonly packageFolder: string;
}

export interface ProjectManifest {
  readonly name: string;
  readonly private: true;
  readonly type: 'module';
  readonly scripts: { readonly grade: string; readonly simulate?: string; readonly check: string };
  /** Packages that `check` needs and this copy of raftlab does not see; `npm install` in the new folder installs them. */
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** For `check`. */
const checkTools: Readonly<Record<string, string>> = { typescript: '^7.0.2', '@types/node': '^20.19.43' };

/** `module`: the file that `npm run grade` grades; `isRaft`: `npm run simulate` simulates it, too. */
export function manifestOf(
  {
    folderName,
    module,
    isRaft,
  }: { readonly folderName: string; readonly module: string; readonly isRaft: boolean },
  location: ProjectLocation,
): ProjectManifest {
  const missing = Object.entries(checkTools).filter(([name]) => nodeModule(name, location) === undefined);
  const compiler = nodeModule('typescript/bin/tsc', location);
  const program = `node "${pathTo(join(location.packageFolder, 'dist/main.js'), location)}"`;
  return {
    name: folderName.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-'),
    private: true,
    type: 'module',
    scripts: {
      grade: `${program} grade --impl ./${module}`,
      ...(isRaft && { simulate: `${program} simulate --impl ./${module}` }),
      check: compiler === undefined ? 'tsc -p .' : `node "${compiler}" -p .`,
    },
    devDependencies: Object.fromEntries(missing),
  };
}

export function tsconfigOf(location: ProjectLocation): object {
  const nodeTypes = nodeModule('@types/node', location);
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
      ...(nodeTypes !== undefined && { typeRoots: [dirname(nodeTypes)] }),
      types: ['node'],
      paths: {
        '@raftlab/test-harness/learner': [required('@raftlab/test-harness/dist/learner.d.ts', location)],
        zod: [required('zod/index.d.ts', location)],
      },
    },
    include: ['**/*.ts'],
  };
}

function required(path: string, location: ProjectLocation): string {
  const found = nodeModule(path, location);
  if (found === undefined)
    throw new Error(`raftlab is not installed completely: node_modules/${path} is missing`);
  return found;
}

/**
 * The relative path of `path` in the nearest node_modules, as Node would find it from this package. Not a resolved path: in the
 * folders of pnpm that has versions in it, which change.
 */
function nodeModule(path: string, location: ProjectLocation): string | undefined {
  for (let folder = location.packageFolder; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', path);
    if (existsSync(candidate)) return pathTo(candidate, location);
    if (folder === dirname(folder)) return undefined;
  }
}

function pathTo(target: string, { folder }: ProjectLocation): string {
  return relative(folder, target);
}
