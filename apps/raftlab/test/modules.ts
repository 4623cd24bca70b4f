// Modules to grade: those of test/fixtures, and some that are written for one test and removed after it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

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
