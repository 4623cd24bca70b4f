// Collects the settings of a server from flags, the environment and a file, and remembers where each was made.
import { readFileSync } from 'node:fs';
import { ConfigError, parseServerConfig, settingNames, type ServerConfig } from '@raftlab/kv-server';
import { parse as parseYaml } from 'yaml';
import { CommandError } from '../../command-error.ts';

/** Where settings come from. */
export interface SettingSources {
  /** By setting; `config` names the file. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The longest configuration file, in bytes. */
const fileMaxBytes = 1024 * 1024;

/**
 * The checked configuration. A flag wins over the environment, and the environment over the file. Throws a CommandError that names
 * each wrong setting by its place.
 */
export function readSettings({ flags, env }: SettingSources): ServerConfig {
  const values: Record<string, unknown> = {};
  const places = new Map<string, string>();
  const set = (key: string, value: unknown, place: string): void => {
    values[key] = value;
    places.set(key, place);
  };
  const path = flags['config'] ?? env[variableOf('config')];
  if (typeof path === 'string')
    for (const [key, value] of Object.entries(readConfigFile(path))) set(key, value, `${key} in ${path}`);
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

function readConfigFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandError(
      `--config: ${path} cannot be read: ${messageOf(error)}; it must be a file with settings.`,
    );
  }
  if (Buffer.byteLength(text) > fileMaxBytes)
    throw new CommandError(
      `--config: ${path} is larger than ${fileMaxBytes} bytes; it must be a file with settings.`,
    );
  let content: unknown;
  try {
    // JSON is YAML, too.
    content = parseYaml(text, { maxAliasCount: 0 });
  } catch (error) {
    throw new CommandError(`--config: ${path} is neither YAML nor JSON: ${messageOf(error)}.`);
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return { ...content };
  throw new CommandError(`--config: ${path} contains no settings; it must be lines such as "id: 1".`);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error))
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/[.:]$/, '');
}
