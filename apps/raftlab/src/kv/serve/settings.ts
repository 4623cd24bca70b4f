// Collects the settings of a server from flags, the environment and a file, and remembers where each was made.
import { ConfigError, parseServerConfig, settingNames, type ServerConfig } from '@raftlab/kv-server';
import { CommandError } from '../../command-error.ts';

/** Where settings come from. */
export interface SettingSources {
  /** By setting; `config` names the file. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The checked configuration. A flag wins over the environment, and the environment over the file. Rejects with a CommandError that names
 * each wrong setting by its place.
 */
export async function readSettings({ flags, env }: SettingSources): Promise<ServerConfig> {
  const values: Record<string, unknown> = {};
  const places = new Map<string, string>();
  const set = (key: string, value: unknown, place: string): void => {
    values[key] = value;
    places.set(key, place);
  };
  const path = flags['config'] ?? env[variableOf('config')];
  if (typeof path === 'string') {
    // A server without a file loads no parser.
    const { readConfigFile } = await import('./config-file.ts');
    for (const [key, value] of Object.entries(readConfigFile(path))) set(key, value, `${key} in ${path}`);
  }
  for (const key of settingNames) {
    const variable = variableOf(key);
    if (env[variable] !== undefined) set(key, env[variable], variable);
    if (flags[key] !== undefined) set(key, flags[key], flagOf(key));
  }
  try {
    return parseServerConfig(values, (key) => places.get(key) ?? flagOf(key));
  } catch (error) {
    if (error instanceof ConfigError) throw new CommandError(error.message);
    throw error;
  }
}

/** `--election-timeout-ms` for `electionTimeoutMs`. */
export function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `RAFTLAB_KV_ELECTION_TIMEOUT_MS` for `electionTimeoutMs`. */
export function variableOf(key: string): string {
  return `RAFTLAB_KV_${key.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`;
}
