// Modules to grade: those of test/fixtures, and some that are written for one test and removed after it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { mistakes, type Mistake } from './fixtures/mistakes.ts';

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A folder far from this workspace. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'raftlab-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The path of a module with this text. */
export function moduleWith(text: string, name = 'raft.ts'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** The path of the reference Raft with a mistake. */
export function raftWith(mistake: Mistake): string {
  let text = readFileSync(fixture('reference-raft.ts'), 'utf8');
  for (const [find, replace] of mistakes[mistake]) {
    if (!text.includes(find)) throw new Error(`the reference Raft has no longer the text: ${find}`);
    text = text.replace(find, () => replace);
  }
  return moduleWith(text);
}
