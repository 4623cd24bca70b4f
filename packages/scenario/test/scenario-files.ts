// The scenario files of the tests.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('files/', import.meta.url);

export interface ScenarioFile {
  /** As in `commit-only-own-term`. */
  readonly name: string;
  /** Relative to the package, for failures. */
  readonly path: string;
  readonly content: string;
}

export function scenarioFiles(): ScenarioFile[] {
  return readdirSync(fileURLToPath(folder))
    .filter((file) => file.endsWith('.txt'))
    .toSorted()
    .map((file) => ({
      name: file.slice(0, -'.txt'.length),
      path: `test/files/${file}`,
      content: readFileSync(new URL(file, folder), 'utf8'),
    }));
}

export function rewrite(name: string, content: string): void {
  writeFileSync(new URL(`${name}.txt`, folder), content);
}
