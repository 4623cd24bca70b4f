// The file that describes a cluster on this machine: `up` writes it, client commands find the cluster by it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandError } from '../command-error.ts';
import { quoted } from '../quoted.ts';

/** Where `up` keeps everything, unless `--data` says otherwise; relative to the folder in which the command is typed. */
export const defaultDataFolder = 'raftlab-kv-data';

const fileName = 'cluster.json';

/** One server of a cluster on this machine. */
export interface LocalServer {
  readonly server: number;
  readonly port: number;
  readonly httpPort: number;
}

/** What the file says. */
export interface LocalDescription {
  readonly cluster: string;
  readonly host: string;
  readonly servers: readonly LocalServer[];
}

/** A cluster whose servers run on this machine. */
export interface LocalCluster extends LocalDescription {
  /** For clients: `1=127.0.0.1:…,2=…`. */
  readonly endpoints: string;
}

const port: z.ZodInt = z.int().min(1).max(65_535);
const schema: z.ZodType<LocalDescription> = z.strictObject({
  cluster: z.string(),
  host: z.string(),
  servers: z.array(z.strictObject({ server: z.int().min(0), port, httpPort: port })).min(1),
});

/** Undefined when the folder has no cluster. Throws CommandError when its file is damaged. */
export function readLocalCluster(folder: string): LocalCluster | undefined {
  const file = join(folder, fileName);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CommandError(`${quoted(file)} cannot be read: ${String(error)}; choose another folder.`);
  }
  const parsed = schema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new CommandError(
      `${quoted(file)} is no description of a cluster: ${z.prettifyError(parsed.error)}; correct it, or choose another folder.`,
    );
  }
  return withEndpoints(parsed.data);
}

/** Writes the file, and makes the folder. */
export function writeLocalCluster(folder: string, cluster: LocalDescription): LocalCluster {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, fileName), `${JSON.stringify(cluster, null, 2)}\n`);
  return withEndpoints(cluster);
}

function withEndpoints(cluster: LocalDescription): LocalCluster {
  const endpoints = cluster.servers.map(({ server, port: at }) => `${server}=${cluster.host}:${at}`);
  return { ...cluster, endpoints: endpoints.join(',') };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
