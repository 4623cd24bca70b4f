// The topics of the log, and their colours on a terminal.
import type { Colors, Formatter } from 'picocolors/types.js';

export const logTopics = [
  'test',
  'server',
  'link',
  'vote',
  'append',
  'snapshot',
  'message',
  'term',
  'role',
  'log',
  'commit',
  'propose',
  'apply',
  'operation',
  'own',
  'progress',
] as const;

/**
 * - `test`: its steps and its failure; `server`: starts, crashes, stalls; `link`: what the tester does to the network.
 * - `vote`, `append`, `snapshot`, `message`: messages, by their kind; lost ones are printed in red.
 * - `term` with the vote, `role`, `log`, `commit`, `progress` of a leader: changes of state.
 * - `propose`, `apply`: commands in and out; `operation`: those of clients of a service; `own`: lines that an implementation logs itself.
 */
export type LogTopic = (typeof logTopics)[number];

/** Shown only if they are selected: they repeat the contents of messages. */
export const quietTopics: readonly LogTopic[] = ['progress', 'operation'];

export function colorOf(topic: LogTopic, colors: Colors): Formatter {
  switch (topic) {
    case 'test':
      return colors.bold;
    case 'server':
      return colors.yellow;
    case 'link':
      return colors.yellow;
    case 'vote':
      return colors.magenta;
    case 'append':
      return colors.blue;
    case 'snapshot':
      return colors.cyan;
    case 'message':
      return colors.blue;
    case 'term':
      return colors.magenta;
    case 'role':
      return colors.magentaBright;
    case 'log':
      return colors.white;
    case 'commit':
      return colors.green;
    case 'propose':
      return colors.cyanBright;
    case 'apply':
      return colors.greenBright;
    case 'operation':
      return colors.white;
    case 'own':
      return colors.white;
    case 'progress':
      return colors.dim;
  }
}
