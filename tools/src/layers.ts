// Compares the imports and the dependencies of every package with the layer table of ARCHITECTURE.md, which alone defines the
// layers: to change them, change the table.
import { dirname, join } from 'node:path/posix';
import { findTable, quotedWords } from './markdown.ts';
import type { Offence } from './offence.ts';
import type { Room, TextFile } from './repository.ts';
import { importsOf, parse } from './syntax.ts';

export interface LayerRow {
  readonly layer: number;
  readonly room: string;
  readonly mayImport: readonly string[];
  readonly libraries: readonly string[];
}

export const layerTableTitles: readonly string[] = ['layer', 'room', 'holds', 'may import', 'libraries'];

const scope = '@raftlab/';

/** Throws if the document has no such table, or a row is invalid. */
export function parseLayerTable(markdown: string): LayerRow[] {
  const rows = findTable(markdown, layerTableTitles);
  if (rows === undefined || rows.length === 0) {
    throw new Error(`ARCHITECTURE.md has no layer table with the columns ${layerTableTitles.join(', ')}.`);
  }
  return rows.map((cells) => {
    const [layer = '', room = '', , mayImport = '', libraries = ''] = cells;
    const [name] = quotedWords(room);
    if (!/^\d+$/.test(layer) || name === undefined) {
      throw new Error(`This row of the layer table has no layer number or no package: ${cells.join(' | ')}`);
    }
    return {
      layer: Number(layer),
      room: name,
      mayImport: quotedWords(mayImport),
      libraries: quotedWords(libraries),
    };
  });
}

export function checkTable(table: readonly LayerRow[], rooms: readonly Room[]): Offence[] {
  const offences: Offence[] = [];
  const rule =
    'the layer table of ARCHITECTURE.md lists every package once, and each imports only lower layers.';
  for (const { name, folder } of rooms) {
    const count = table.filter(({ room }) => room === name).length;
    if (count === 1) continue;
    offences.push({
      place: folder,
      found: `has ${count} rows in the table`,
      rule,
      remedy: 'give it one row.',
    });
  }
  for (const { layer, room, mayImport } of table) {
    const place = `ARCHITECTURE.md, room ${room}`;
    if (!rooms.some(({ name }) => name === room)) {
      offences.push({ place, found: 'there is no such package', rule, remedy: 'remove the row.' });
    }
    for (const imported of mayImport) {
      const target = table.find((row) => row.room === imported);
      if (target !== undefined && target.layer < layer) continue;
      const found = `may import ${imported}, which is ${target === undefined ? 'not in the table' : `in layer ${target.layer}`}`;
      offences.push({ place, found, rule, remedy: `move the shared code to a layer below ${layer}.` });
    }
  }
  return offences;
}

export function checkDependencies(table: readonly LayerRow[], rooms: readonly Room[]): Offence[] {
  const offences: Offence[] = [];
  for (const { name, folder, manifest } of rooms) {
    const row = rowOf(table, name);
    if (row === undefined) continue;
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (isAllowed(row, dependency)) continue;
      offences.push({
        place: `${folder}/package.json`,
        found: `depends on ${dependency}`,
        rule: 'a package depends on exactly the packages in its row of the layer table (ARCHITECTURE.md).',
        remedy: 'remove the dependency, or justify it: a row in the table and a page in docs/decisions.',
      });
    }
  }
  return offences;
}

/** `files` are the sources of all rooms. */
export function checkImports(
  table: readonly LayerRow[],
  rooms: readonly Room[],
  files: readonly TextFile[],
): Offence[] {
  return files.flatMap((file) => {
    const room = rooms.find(({ folder }) => file.path.startsWith(`${folder}/src/`));
    if (room === undefined) return [];
    return importsOf(parse(file)).flatMap(({ specifier, line }) => {
      const problem = judge(specifier, { file, room, rooms, row: rowOf(table, room.name) });
      return problem === undefined ? [] : [{ place: `${file.path}:${line}`, ...problem }];
    });
  });
}

interface Importer {
  readonly file: TextFile;
  readonly room: Room;
  readonly rooms: readonly Room[];
  readonly row: LayerRow | undefined;
}

/** The problem of an import, or undefined. */
function judge(specifier: string, { file, room, rooms, row }: Importer): Omit<Offence, 'place'> | undefined {
  if (specifier.startsWith('node:')) return undefined;
  if (specifier.startsWith('#')) {
    return {
      found: `imports ${specifier}`,
      rule: 'sources import each other by relative paths; #src is for tests.',
      remedy: 'write the relative path, with its .ts.',
    };
  }
  if (specifier.startsWith('.')) {
    const target = join(dirname(file.path), specifier);
    if (target.startsWith(`${room.folder}/src/`)) return undefined;
    return {
      found: `imports ${specifier}, which is outside ${room.folder}/src`,
      rule: 'a relative import must not leave its package.',
      remedy: 'import the other package by its name.',
    };
  }
  const packageName = packageNameOf(specifier);
  if (row !== undefined && !isAllowed(row, packageName)) {
    return {
      found: `imports ${specifier}`,
      rule: `${room.name} (layer ${row.layer}) imports only packages in its row of the layer table (ARCHITECTURE.md).`,
      remedy: 'move the code to the right layer, or change the table and explain why.',
    };
  }
  if (room.manifest.dependencies?.[packageName] === undefined) {
    return {
      found: `imports ${specifier}, which its package.json does not declare`,
      rule: 'imports are declared in package.json.',
      remedy: `add ${packageName} to the dependencies of ${room.folder}/package.json.`,
    };
  }
  const target = rooms.find(({ manifest }) => manifest.name === packageName);
  const exported = target?.manifest.exports;
  if (exported === undefined || exported[`.${specifier.slice(packageName.length)}`] !== undefined)
    return undefined;
  return {
    found: `imports ${specifier}, which ${packageName} does not export`,
    rule: 'only the exports of a package can be imported.',
    remedy: `import from ${packageName}, and export the missing name there.`,
  };
}

function isAllowed({ mayImport, libraries }: LayerRow, packageName: string): boolean {
  if (packageName.startsWith(scope)) return mayImport.includes(packageName.slice(scope.length));
  return libraries.includes(packageName);
}

function rowOf(table: readonly LayerRow[], name: string): LayerRow | undefined {
  return table.find(({ room }) => room === name);
}

/** `@a/b/c` → `@a/b`, `a/b` → `a` */
function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
