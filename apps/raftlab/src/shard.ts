// `--shard 2/5`: the second of five parts of a series, each of which runs on another machine.
import { InvalidArgumentError } from 'commander';
import { CommandError } from './command-error.ts';

/** At most this many shards. */
const shardCountMax = 10_000;

/** One of `count` parts; `index` counts from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** A series that is not divided. */
export const wholeSeries: Shard = { index: 1, count: 1 };

/** The value of --shard. */
export function shardOf(text: string): Shard {
  const [, index = '0', count = '0'] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count && shard.count <= shardCountMax) return shard;
  throw new InvalidArgumentError(
    `It must be <index>/<count>, such as 2/5: an index from 1 to the count, which is at most ${shardCountMax}.`,
  );
}

/** All shards must have the same seed, and a drawn one would differ. Throws CommandError for a shard without one. */
export function checkShardSeed({ count }: Shard, seed: number | undefined): void {
  if (count === 1 || seed !== undefined) return;
  throw new CommandError('--shard divides the runs of one seed; give the same --seed to every shard.');
}

/** `2/5`. */
export function shardText({ index, count }: Shard): string {
  return `${index}/${count}`;
}

/** Whether the element at this position of the series, from 0, is in the shard. */
export function isInShard(position: number, { index, count }: Shard): boolean {
  return position % count === index - 1;
}
