// The log of a recorded run: time at the left, then a column for each server.
import type { TraceFile } from '@raftlab/trace';
import pc from 'picocolors';
import type { Formatter } from 'picocolors/types.js';
import { EventWords, type LogLine } from './event-words.ts';
import { colorOf, logTopics, quietTopics, type LogTopic } from './log-topics.ts';

/** Plain data, since the test may run in another thread. */
export interface LogOptions {
  /** Of a line, in characters: 160 by default. Lines are longer if columns would become too narrow. */
  readonly width?: number | undefined;
  readonly hasColors: boolean;
  readonly servers?: readonly number[] | undefined;
  readonly topics?: readonly LogTopic[] | undefined;
}

/** `12345.678`: two minutes in ms, to the microsecond. */
const timeWidth = 10;
/** In a narrower column a message would have one word in each line. */
const columnWidthMin = 20;
/** Most messages fit into two rows of this width. */
const columnWidthMax = 40;
/** Of a line that no terminal limits: columns of three servers have their full width, those of seven the smallest. */
const lineWidthUsual = 160;

export function logLines(trace: TraceFile, options: LogOptions): string[] {
  const { hasColors, topics = logTopics.filter((topic) => !quietTopics.includes(topic)) } = options;
  const all = Array.from({ length: trace.servers }, (_, server) => server);
  const servers = options.servers === undefined ? all : all.filter((id) => options.servers?.includes(id));
  const words = new EventWords((server) => servers.includes(server));
  const colors = pc.createColors(hasColors);
  const table = new Table(servers, options.width);
  const lines = [`${trace.title}, seed ${trace.seed}`, table.head()];
  if (trace.droppedEvents > 0) lines.push(`(${trace.droppedEvents} events before this are not kept)`);
  for (const event of trace.events) {
    for (const line of words.linesOf(event)) {
      const isWanted =
        topics.includes(line.topic) && (line.server === undefined || servers.includes(line.server));
      const color = line.isBad === true ? colors.red : colorOf(line.topic, colors);
      if (isWanted) lines.push(...table.rows(event.at, line, color));
    }
  }
  return lines;
}

class Table {
  readonly #servers: readonly number[];
  readonly #width: number;
  readonly #columnWidth: number;

  constructor(servers: readonly number[], width: number | undefined) {
    this.#servers = servers;
    const room = Math.floor(((width ?? lineWidthUsual) - timeWidth) / Math.max(1, servers.length)) - 1;
    const widthMax = width === undefined ? columnWidthMax : room;
    this.#columnWidth = Math.max(columnWidthMin, Math.min(room, widthMax));
    this.#width = timeWidth + servers.length * (this.#columnWidth + 1);
  }

  head(): string {
    const names = this.#servers.map((server) => ` ${`server ${server}`.padEnd(this.#columnWidth)}`);
    return `${'ms'.padStart(timeWidth)}${names.join('')}`.trimEnd();
  }

  /** One line of the run may need several rows. */
  rows(at: number, { server, text }: LogLine, color: Formatter): string[] {
    const time = at.toFixed(3).padStart(timeWidth);
    const isWhole = server === undefined;
    const indent = isWhole ? 1 : 1 + this.#servers.indexOf(server) * (this.#columnWidth + 1);
    const parts = wrap(text, isWhole ? this.#width - timeWidth - 1 : this.#columnWidth);
    return parts.map(
      (part, row) => `${row === 0 ? time : ' '.repeat(timeWidth)}${' '.repeat(indent)}${color(part)}`,
    );
  }
}

/** Breaks at spaces if possible; rows after the first are indented. */
function wrap(text: string, width: number): string[] {
  const rows: string[] = [];
  for (const line of text.split('\n')) {
    let row = '';
    // A line of the run must not move the cursor.
    for (const word of line.replaceAll(/\p{Cc}/gu, ' ').split(' ')) {
      const longer = row === '' ? word : `${row} ${word}`;
      if (longer.length <= width) {
        row = longer;
        continue;
      }
      if (row.trim() !== '') rows.push(row);
      row = rows.length === 0 ? word : ` ${word}`;
      while (row.length > width) {
        rows.push(row.slice(0, width));
        row = ` ${row.slice(width)}`;
      }
    }
    if (row !== '') rows.push(row);
  }
  return rows;
}
