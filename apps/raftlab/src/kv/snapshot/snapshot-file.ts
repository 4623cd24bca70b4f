// A backup as a file: a line of JSON that describes it, the bytes of the snapshot, and the SHA-256 of both.
import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ClientSnapshot } from '@raftlab/kv-client';
import { z } from 'zod';
import { CommandError } from '../../command-error.ts';
import { quoted } from '../../quoted.ts';

const format = 'raftlab-kv-snapshot';
const formatVersion = 1;
const hashBytes = 32;
/** The first line of a file ends before this. */
const headerMaxBytes = 4096;

/** What a file says of its snapshot. */
export interface SnapshotHeader {
  readonly format: typeof format;
  readonly version: typeof formatVersion;
  /** The server that the snapshot is from. */
  readonly server: number;
  /** The last index of the log that the snapshot contains. */
  readonly index: number;
  /** The term of the server at that moment. */
  readonly term: number;
  readonly keyCount: number;
  /** Of the snapshot alone. */
  readonly sizeBytes: number;
}

const count: z.ZodInt = z.int().min(0);
const headerSchema: z.ZodType<SnapshotHeader> = z.strictObject({
  format: z.literal(format),
  version: z.literal(formatVersion),
  server: count,
  index: count,
  term: count,
  keyCount: count,
  sizeBytes: count,
});

/** Writes the file, durably: under another name first, so that a file of this name is always complete. */
export async function writeSnapshotFile(file: string, snapshot: ClientSnapshot): Promise<SnapshotHeader> {
  const { server, index, term, keyCount, sizeBytes, chunks } = snapshot;
  const header = { format, version: formatVersion, server, index, term, keyCount, sizeBytes } as const;
  const partial = `${file}.partial`;
  const handle = await open(partial, 'w');
  try {
    const hash = createHash('sha256');
    const write = async (bytes: Uint8Array): Promise<void> => {
      hash.update(bytes);
      await handle.writeFile(bytes);
    };
    await write(Buffer.from(`${JSON.stringify(header)}\n`));
    for await (const chunk of chunks) await write(chunk);
    await handle.writeFile(hash.digest());
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(partial, { force: true });
    throw error;
  }
  await handle.close();
  await rename(partial, file);
  await syncFolder(dirname(file));
  return header;
}

/** Reads a file and checks it. Throws CommandError for a file that is missing, damaged, or something else. */
export async function readSnapshotFile(
  file: string,
): Promise<{ readonly header: SnapshotHeader; readonly snapshot: Uint8Array }> {
  const bytes = await readFile(file).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${quoted(file)} cannot be read: ${message}; give a file of \`snapshot save\`.`);
  });
  const lineEnd = bytes.subarray(0, headerMaxBytes).indexOf(0x0a);
  const parsed = headerSchema.safeParse(parseJson(bytes.subarray(0, Math.max(0, lineEnd)).toString('utf8')));
  if (!parsed.success)
    throw new CommandError(`${quoted(file)} is no snapshot; give a file of \`snapshot save\`.`);
  const header = parsed.data;
  const sizeBytes = lineEnd + 1 + header.sizeBytes + hashBytes;
  if (bytes.length !== sizeBytes)
    throw new CommandError(
      `${quoted(file)} has ${bytes.length} bytes instead of ${sizeBytes}: it is damaged; use another backup.`,
    );
  const content = bytes.subarray(0, sizeBytes - hashBytes);
  if (!createHash('sha256').update(content).digest().equals(bytes.subarray(-hashBytes)))
    throw new CommandError(`${quoted(file)} is damaged: its checksum is another one; use another backup.`);
  return { header, snapshot: content.subarray(lineEnd + 1) };
}

/** Makes the new name durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
