// A file with the settings of a server, as YAML or JSON.
import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { CommandError } from '../../command-error.ts';

/** The longest configuration file, in bytes. */
const fileMaxBytes = 1024 * 1024;

/** The settings of a file, unchecked. Throws a CommandError for one that cannot be read, or is something else. */
export function readConfigFile(path: string): Record<string, unknown> {
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
