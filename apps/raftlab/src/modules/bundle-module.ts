// Bundles a user's module, in TypeScript or JavaScript, into one file that every thread can import: esbuild removes the types
// and follows the imports. @raftlab/… and zod resolve to those of this package, wherever the module is.
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, stop, type BuildFailure, type BuildResult, type Message, type Plugin } from 'esbuild';
import { ModuleError } from './module-error.ts';

export interface Bundle {
  readonly code: string;
  /** Absolute paths of its source files. */
  readonly sources: readonly string[];
}

export interface BundleOptions {
  /** The path where the caller will write the code: its source map is relative to that path. */
  readonly outfile: string;
  /** The required exports of the module. */
  readonly exportNames: readonly string[];
  /** Further exports that it may have. */
  readonly optionalNames?: readonly string[];
}

/**
 * Throws ModuleError if the file cannot be read or built, or lacks an export. The exports of a CommonJS module are known only
 * when it runs, so the caller must check that the exports exist.
 */
export async function bundleModule(
  path: string,
  { outfile, exportNames, optionalNames = [] }: BundleOptions,
): Promise<Bundle> {
  const file = resolve(path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new ModuleError(path, `there is no file ${file}`);
  if (!found.isFile()) throw new ModuleError(path, 'it is not a file');
  const folder = dirname(file);
  try {
    const bundled = await bundleFile(file, outfile);
    const isCommonJs = bundled.metafile.inputs[basename(file)]?.format === 'cjs';
    const { outputFiles, metafile } = isCommonJs
      ? await bundleCommonJs(file, { outfile, exportNames: [...exportNames, ...optionalNames] })
      : bundled;
    const exported = Object.values(metafile.outputs).flatMap(({ exports }) => exports);
    const missing = exportNames.find((name) => !exported.includes(name));
    if (missing !== undefined) {
      const present = exported.length === 0 ? 'it exports nothing' : `it exports ${exported.join(', ')}`;
      throw new ModuleError(path, `${basename(file)} has no export named "${missing}"; ${present}`);
    }
    return {
      code: outputFiles?.[0]?.text ?? '',
      sources: Object.keys(bundled.metafile.inputs).map((input) => join(folder, input)),
    };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    throw new ModuleError(path, error.errors.map(describe).join('\n'));
  } finally {
    // Otherwise the process of esbuild runs as long as this one. Modules are bundled one after the other.
    await stop();
  }
}

const settings = {
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'silent',
} as const;

function bundleFile(file: string, outfile: string): Promise<BuildResult<typeof settings>> {
  return build({
    ...settings,
    entryPoints: [file],
    absWorkingDir: dirname(file),
    outfile,
    banner: requireBanner(file),
    plugins: [libraries],
  });
}

/** An ES module has only the exports that it names; those of a CommonJS module are properties of one object. */
function bundleCommonJs(
  file: string,
  { outfile, exportNames }: Pick<BundleOptions, 'outfile' | 'exportNames'>,
): Promise<BuildResult<typeof settings>> {
  const lines = exportNames.map((name) => {
    const key = JSON.stringify(name);
    return `export const ${name} = module[${key}] ?? module.default?.[${key}];\n`;
  });
  const contents = `import * as module from ${JSON.stringify(`./${basename(file)}`)};\n${lines.join('')}`;
  return build({
    ...settings,
    stdin: { contents, resolveDir: dirname(file), sourcefile: 'commonjs-entry.js' },
    absWorkingDir: dirname(file),
    outfile,
    banner: requireBanner(file),
    plugins: [libraries],
  });
}

/** CommonJS dependencies call `require` for the modules of Node, which an ES module does not have. */
function requireBanner(file: string): { readonly js: string } {
  return {
    js: `import { createRequire as raftlabCreateRequire } from 'node:module'; const require = raftlabCreateRequire(${JSON.stringify(file)});`,
  };
}

/** A user's module may import every library package: those that this app depends on, and those that they depend on. */
const installedFor = ['@raftlab/test-harness', '@raftlab/simulation'].map((name) =>
  createRequire(fileURLToPath(import.meta.resolve(name))),
);

const libraries: Plugin = {
  name: 'raftlab',
  setup(host) {
    host.onResolve({ filter: /^zod(\/|$)/ }, ({ path }) => ({
      path: import.meta.resolve(path),
      external: true,
    }));
    host.onResolve({ filter: /^@raftlab\// }, ({ path }) => {
      const found = resolveInstalled(path);
      if (found !== undefined) return { path: pathToFileURL(found).href, external: true };
      // esbuild reports it with file and line.
      return { errors: [{ text: `there is no ${path}; what you need is in @raftlab/test-harness/learner` }] };
    });
  },
};

function resolveInstalled(path: string): string | undefined {
  for (const { resolve: resolveFrom } of [createRequire(import.meta.url), ...installedFor]) {
    try {
      return resolveFrom(path);
    } catch {
      // Not a dependency of this package: try the next one.
    }
  }
  return undefined;
}

/** Whether a line of source can be shown: a minified or binary file has lines that cannot. */
function isReadable(line: string): boolean {
  return /^[^\p{Cc}\uFFFD]{1,200}$/u.test(line);
}

function describe({ text, location }: Message): string {
  if (location === null) return text;
  const { file, line, column, lineText } = location;
  const message = `${file}:${line}:${column + 1}: ${text}`;
  const shown = lineText.trim().replaceAll('\t', ' ');
  return isReadable(shown) ? `${message}\n  ${shown}` : message;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}
