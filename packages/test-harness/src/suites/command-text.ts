// Commands of our own services as text, for recorded runs.
import { commandCodec } from '@raftlab/kv';
import { logCommandCodec, type LogCommand } from '@raftlab/rsm';
import { show } from '@raftlab/trace';

/** The content of an entry as text; a value of another implementation as JSON. */
export function commandText(command: unknown): string {
  if (!(command instanceof Uint8Array)) return show(command);
  try {
    return entryText(logCommandCodec.decode(command));
  } catch {
    // The bytes of another service.
    return `${command.length} bytes`;
  }
}

function entryText(entry: LogCommand): string {
  switch (entry.kind) {
    case 'plain':
      return serviceText(entry.command);
    case 'session':
      return `${serviceText(entry.command)} (session ${entry.session}, ${entry.sequence})`;
    case 'open':
      return 'open a session';
    case 'barrier':
      return 'read';
  }
}

function serviceText(command: Uint8Array): string {
  try {
    const { kind, key, ...rest } = commandCodec.decode(command);
    return 'value' in rest ? `${kind} ${key} ${show(rest.value)}` : `${kind} ${key}`;
  } catch {
    return `${command.length} bytes`;
  }
}
