// A simulated run as a trace file.
import type { TraceFile, RunRecord } from '@raftlab/trace';
import type { Mix, SimulationReport } from '@raftlab/simulation';
import { logLines, type LogOptions } from '../log/log-lines.ts';
import { writeTrace } from '../traces/write-trace.ts';

/** The purpose of the record of a run; plain data, since the run may be in another thread. */
export interface SimulationRecordOrder {
  /** Where the trace is written; without it none is written. */
  readonly file?: string | undefined;
  readonly log?: LogOptions | undefined;
  readonly replay: string;
  /** The path of a learner's Raft; ours without it. */
  readonly implementation?: string | undefined;
}

/** Writes the trace if one was requested, and returns the lines of the log. Throws TraceFileError. */
export function keepRecord(report: SimulationReport, order: SimulationRecordOrder): string[] {
  const { file, log } = order;
  const { record } = report;
  if (record === undefined) throw new Error('the simulation was not recorded');
  const trace = simulationTrace({ ...report, record }, order);
  if (file !== undefined) writeTrace(file, trace);
  return log === undefined ? [] : logLines(trace, log);
}

export function simulationTrace(
  { seed, mix, violation, record }: SimulationReport & { record: RunRecord },
  { replay, implementation = 'raftlab' }: Pick<SimulationRecordOrder, 'replay' | 'implementation'>,
): TraceFile {
  return {
    format: 'raftlab-trace',
    version: 1,
    title: `simulation: ${describeMix(mix)}`,
    implementation,
    seed,
    mode: 'virtual',
    replay,
    servers: mix.servers,
    outcome: violation === undefined ? 'passed' : 'failed',
    ...record,
  };
}

/** The parameters of a run, without those that are off. */
function describeMix(mix: Mix): string {
  const { lossPerMille, duplicationPerMille, snapshotEvery, diskFailuresPer10000, applyDelayMaxMs } = mix;
  return [
    `${mix.servers} servers`,
    ...(mix.learners > 0 ? [`the last ${mix.learners} learners`] : []),
    `schedule ${mix.schedule}`,
    ...(mix.link === undefined ? [`delays up to ${mix.delayMaxMs} ms`] : []),
    ...(lossPerMille > 0 ? [`${lossPerMille / 10} % lost`] : []),
    ...(duplicationPerMille > 0 ? [`${duplicationPerMille / 10} % doubled`] : []),
    `disk ${mix.disk}${diskFailuresPer10000 > 0 ? ' and failing' : ''}`,
    ...(snapshotEvery > 0 ? [`a snapshot after every ${snapshotEvery} commands`] : []),
    ...(applyDelayMaxMs > 0 ? ['a slow service'] : []),
    ...(Object.keys(mix.messageBounds).length > 0 ? ['tiny messages'] : []),
    ...(mix.storage === 'wal' ? ['write-ahead logs'] : []),
    ...(mix.appendsNoop ? ['noops'] : []),
    ...(mix.preVote ? ['pre-votes'] : []),
    ...describeConditions(mix),
    ...(mix.without.length > 0 ? [`without ${mix.without.join(', ')}`] : []),
  ].join(', ');
}

function describeConditions(mix: Mix): string[] {
  const { link, payload, slowServiceOf } = mix;
  return [
    ...(link === undefined ? [] : [`links of ${link.bytesPerMs} KB/s and ${link.latencyMs} ms`]),
    ...(mix.lostCalls === 'hang' ? ['lost calls hang'] : []),
    ...(mix.lostCalls === 'refuse' ? ['connections are refused'] : []),
    ...(payload === undefined ? [] : [`commands of up to ${Math.max(...payload.sizesBytes)} bytes`]),
    ...(mix.turnMs > 0 ? [`turns of ${mix.turnMs} ms`] : []),
    ...(mix.proposesOnArrival ? ['proposals with arriving messages'] : []),
    ...(mix.isCareless ? ['a careless service'] : []),
    ...(slowServiceOf === undefined
      ? []
      : [`the service of server ${slowServiceOf} takes up to ${mix.slowServiceMs} ms`]),
    ...(mix.afterlifeMs > 0 ? ['crashed lives go on'] : []),
    ...(mix.diskStallMaxMs > 0 ? [`writes of up to ${mix.diskStallMaxMs} ms`] : []),
    ...(mix.wipesMax > 0 ? ['wiped disks'] : []),
  ];
}
