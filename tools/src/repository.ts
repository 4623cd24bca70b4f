// The repository as the checks read it: text files and packages, read once from the working directory. It must not require git,
// so that a downloaded archive can be checked too.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

export interface TextFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const targetsSchema = z.record(z.string(), z.record(z.string(), z.string()));
const namesSchema = z.record(z.string(), z.string());

/** The fields of a package.json that the checks read. */
const manifestSchema = z.object({
  name: z.string(),
  description: z.string().optional(),
  private: z.boolean().optional(),
  license: z.string().optional(),
  engines: namesSchema.optional(),
  scripts: namesSchema.optional(),
  bin: namesSchema.optional(),
  exports: targetsSchema.optional(),
  publishConfig: z.object({ access: z.string().optional(), exports: targetsSchema.optional() }).optional(),
  dependencies: namesSchema.optional(),
  devDependencies: namesSchema.optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** A workspace package: packages/x or apps/x. */
export interface Room {
  /** The last part of its folder, e.g. `raft-core`. */
  readonly name: string;
  /** e.g. `packages/raft-core` */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly hasReadme: boolean;
}

export const root: string = fileURLToPath(new URL('../..', import.meta.url));

const skippedFolders = new Set(['node_modules', 'dist', 'reports', '.git', '.tools', '.turbo', '.cache']);

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function readJson<T>(path: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readText(path)));
}

export function readManifest(path: string): Manifest {
  return readJson(path, manifestSchema);
}

export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

/** Every file below `folder` (the whole repository by default) whose name ends in one of `endings`, in order of path. */
export function readFiles(endings: readonly string[], folder = ''): TextFile[] {
  return listPaths(folder)
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readText(path) }));
}

/** Every file and folder name below `folder`, as paths from the root. */
function listPaths(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile()) return [path];
      return entry.isDirectory() && !skippedFolders.has(entry.name) ? listPaths(path) : [];
    });
}

export function readRooms(): Room[] {
  return ['packages', 'apps'].flatMap((parent) =>
    readdirSync(join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && exists(`${parent}/${entry.name}/package.json`))
      .map(({ name }) => readRoom(`${parent}/${name}`, name)),
  );
}

function readRoom(folder: string, name: string): Room {
  return {
    name,
    folder,
    manifest: readManifest(`${folder}/package.json`),
    hasReadme: exists(`${folder}/README.md`),
  };
}
