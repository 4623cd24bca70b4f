// A user's module, in TypeScript or JavaScript, becomes one file that every thread can import: esbuild strips the types
// and follows the imports. @raftlab/… and zod are those of this checkout, wherever the module lies.
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type BuildFailure, type Message, type Plugin } from 'esbuild';
import { ModuleError } from './module-error.ts';

export interface Bundle {
  readonly code: string;
  /** Absolute paths of the files that it is made of. */
  readonly sources: readonly string[];
}

/** The module must export `exportName`. `outfile` is where the caller will put the code: its source map is relative to that place. */
export async function bundleModule(path: string, outfile: string, exportName = 'make'): Promise<Bundle> {
  const file = resolve(path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new ModuleError(`there is no file ${file}`);
  if (!found.isFile()) throw new ModuleError('it is no file');
  const folder = dirname(file);
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [file],
      absWorkingDir: folder,
      outfile,
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'inline',
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [libraries],
    });
    const exported = Object.values(metafile.outputs).flatMap(({ exports }) => exports);
    if (!exported.includes(exportName)) {
      const present = exported.length === 0 ? 'it exports nothing' : `it exports ${exported.join(', ')}`;
      throw new ModuleError(`${basename(file)} has no export named "${exportName}"; ${present}`);
    }
    return {
      code: outputFiles[0]?.text ?? '',
      sources: Object.keys(metafile.inputs).map((input) => join(folder, input)),
    };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    throw new ModuleError(error.errors.map(describe).join('\n'));
  }
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
      // Not a dependency of this package: the next one may have it.
    }
  }
  return undefined;
}

/** A line of source, and not of a program that was packed, or of no text at all. */
function isReadable(line: string): boolean {
  return /^[^\p{Cc}\uFFFD]{1,200}$/u.test(line);
}

function describe({ text, location }: Message): string {
  if (location === null) return text;
  const { file, line, column, lineText } = location;
  const place = `${file}:${line}:${column + 1}: ${text}`;
  const shown = lineText.trim().replaceAll('\t', ' ');
  return isReadable(shown) ? `${place}\n  ${shown}` : place;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}
