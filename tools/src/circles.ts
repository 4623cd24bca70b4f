// Finds import circles, between files and between packages. The linter's import/no-cycle ignores `import()`, and by default also
// type imports; but files in a circle of any kind cannot be understood, tested or moved separately.
import { dirname, join } from 'node:path/posix';
import type { Offence } from './offence.ts';
import type { Room, TextFile } from './repository.ts';
import { importsOf, parse } from './syntax.ts';

/** By name: the imported names. */
type Graph = ReadonlyMap<string, readonly string[]>;

const remedy = 'move the shared part into a third one, or pass it as a parameter.';

/** All kinds of imports count: static, `import type`, `import()`, re-exports. */
export function checkFileCircles(files: readonly TextFile[]): Offence[] {
  const known = new Set(files.map(({ path }) => path));
  const graph = new Map(
    files.map((file) => {
      const targets = importsOf(parse(file))
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => join(dirname(file.path), specifier));
      return [file.path, targets.filter((target) => known.has(target))] as const;
    }),
  );
  return circlesOf(graph).map((circle) => ({
    place: circle[0] ?? '',
    found: `imports itself: ${circle.join(' → ')}`,
    rule: 'files do not import each other in a circle.',
    remedy,
  }));
}

/** Dependencies of tests count too: a package must be testable with only lower packages built. */
export function checkPackageCircles(rooms: readonly Room[]): Offence[] {
  const graph = new Map(
    rooms.map(({ manifest: { name, dependencies = {}, devDependencies = {} } }) => [
      name,
      [...Object.keys(dependencies), ...Object.keys(devDependencies)],
    ]),
  );
  return circlesOf(graph).map((circle) => ({
    place: circle[0] ?? '',
    found: `depends on itself: ${circle.join(' → ')}`,
    rule: 'packages do not depend on each other in a circle.',
    remedy,
  }));
}

/** One circle for each import that closes one, from a name to itself. Depth-first search. */
function circlesOf(graph: Graph): string[][] {
  const circles: string[][] = [];
  const finished = new Set<string>();
  const path: string[] = [];
  function visit(name: string): void {
    if (finished.has(name)) return;
    const start = path.indexOf(name);
    if (start >= 0) {
      circles.push([...path.slice(start), name]);
      return;
    }
    path.push(name);
    for (const target of graph.get(name) ?? []) visit(target);
    path.pop();
    finished.add(name);
  }
  for (const name of graph.keys()) visit(name);
  return circles;
}
