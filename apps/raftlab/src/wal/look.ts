// Reads a directory of a write-ahead log and prints its content, for people or for programs.
import { inspectWal, verifyWal, type WalReport } from '@raftlab/wal';
import type { Terminal } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { quoted } from '../quoted.ts';

/** The directory to inspect, and the options. */
export interface LookRequest {
  readonly directory: string;
  readonly json: boolean;
  /** Whether everything is read, or only the log. */
  readonly isThorough: boolean;
}

/** Prints the report. Throws CommandError if the directory cannot be read at all. */
export async function look(
  { directory, json, isThorough }: LookRequest,
  terminal: Terminal,
): Promise<{ readonly isDamaged: boolean }> {
  const report = await read(directory, isThorough);
  terminal.out(json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report, isThorough));
  return { isDamaged: report.damage !== undefined };
}

async function read(directory: string, isThorough: boolean): Promise<WalReport> {
  let report: WalReport;
  try {
    report = await (isThorough ? verifyWal(directory) : inspectWal(directory));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new CommandError(
      `${quoted(directory)} cannot be read: ${error.message}; give the directory of one server.`,
    );
  }
  const { identity, segments, damage } = report;
  // Damage of the directory as a whole: it has no file of a log.
  const isOfFile = damage?.file !== undefined && damage.file !== report.directory;
  if (identity === undefined && segments.length === 0 && !isOfFile) {
    throw new CommandError(
      `${quoted(directory)} has no write-ahead log in it; give the directory of one server.`,
    );
  }
  return report;
}

function textOf(report: WalReport, isThorough: boolean): string {
  const { directory, identity, segments, state, torn, leftovers, damage } = report;
  const recordCount = segments.reduce((sum, segment) => sum + segment.recordCount, 0);
  const lines = [
    ['directory', directory],
    ['cluster', identity === undefined ? 'unknown' : `${identity.cluster}, server ${identity.server}`],
    ['segments', `${segments.length} with ${recordCount} records that can be read`],
    ...segments.map(segmentLine),
    ...stateLines(state),
    ...(torn === undefined
      ? []
      : [['torn', `${torn.sizeBytes} bytes at ${torn.file}:${torn.offset}; the next start removes them`]]),
    ...leftovers.map((file) => ['leftover', `${file}; the next start removes it`]),
    ['damage', damage === undefined ? 'none' : damage.message],
    ...(damage?.file === undefined ? [] : [['first at', placeOf(damage.file, damage.offset)]]),
  ];
  const body = lines.map(([name = '', value = '']) => `${name.padEnd(10)}${value}\n`).join('');
  const isUnread = !isThorough && state?.snapshot !== undefined;
  return isUnread ? `${body}The data of the snapshot was not read; raftlab wal verify reads it.\n` : body;
}

function segmentLine({
  file,
  recordCount,
  sizeBytes,
  lastEntryIndex,
}: WalReport['segments'][number]): string[] {
  const entries = lastEntryIndex === 0 ? 'no entry' : `entries up to ${lastEntryIndex}`;
  return ['', `${file}: ${recordCount} records, ${sizeBytes} bytes, ${entries}`];
}

function stateLines(state: WalReport['state']): string[][] {
  if (state === undefined) return [['state', 'none']];
  const { hardState, snapshot, firstIndex, entryCount } = state;
  const vote = hardState.votedFor === null ? 'no vote' : `vote for server ${hardState.votedFor}`;
  const entries = entryCount === 0 ? 'none' : `${firstIndex} to ${firstIndex + entryCount - 1}`;
  return [
    ['state', `term ${hardState.currentTerm}, ${vote}`],
    [
      'snapshot',
      snapshot === undefined
        ? 'none'
        : `${snapshot.file}: up to ${snapshot.lastIncludedIndex} of term ${snapshot.lastIncludedTerm}, ${snapshot.sizeBytes} bytes`,
    ],
    ['entries', entries],
  ];
}

function placeOf(file: string, offset: number | undefined): string {
  return offset === undefined ? file : `${file}, offset ${offset}`;
}
