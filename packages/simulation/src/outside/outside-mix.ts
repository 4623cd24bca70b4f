// The parameters of a run with a Raft that is known only from outside. Everything stays within what the lab promises a Raft: a call
// always ends, and a save is durable when it returns.
import type { Random } from '@raftlab/runtime';
import { noConditions } from '../conditions.ts';
import { drawMix, schedules, type Mix, type MixOverrides } from '../mix.ts';

/** Draws the parameters of a run. Learners and conditions beyond the lab are off, whatever the overrides are. */
export function drawOutsideMix(random: Random, overrides: MixOverrides = {}): Mix {
  const { conditions: _conditions, ...rest } = overrides;
  const drawn = drawMix(random, rest);
  const own = random.fork('outside');
  const schedule = rest.schedule ?? own.pick([...schedules, 'leader-hunting', 'leader-hunting'] as const);
  // A client's command in the term of every leader would commit what earlier terms have left.
  const isHunting = schedule === 'leader-hunting';
  const mix: Mix = {
    ...drawn,
    ...noConditions,
    schedule,
    servers: rest.servers ?? own.pick([3, 3, 5, 5, 7] as const),
    learners: 0,
    // Long enough for several elections; with few enough commands for a Raft that saves its whole log each time.
    faultPhaseMs: rest.faultPhaseMs ?? own.int(3_000, 12_000),
    faultIntervalMs: own.pick(isHunting ? [300, 800, 1500] : [30, 100, 300, 800]),
    proposalIntervalMs: own.pick(isHunting ? [200, 1000, 5000] : [20, 60, 200]),
    proposalBatchMax: own.pick([1, 1, 3]),
    slowPerMille: own.pick([0, 50, 200]),
    snapshotEvery: own.pick([0, 0, 0, 5, 20]),
    callTimeoutMs: own.pick([200, 1000, 3000]),
    storage: 'memory',
    disk: 'instant',
    diskFailuresPer10000: 0,
    messageBounds: {},
    appendsNoop: false,
    preVote: false,
    readIntervalMs: 0,
    transferIntervalMs: 0,
    hasLeases: false,
  };
  return mix.without.includes('snapshot') ? { ...mix, snapshotEvery: 0 } : mix;
}
