// The commands of a client. The command line and the prompt of `up` are both made of them.
import type { KeyValuePair } from '@raftlab/kv';
import type { ClientCallOptions, KeyValueClient } from '@raftlab/kv-client';
import { Command } from 'commander';
import { wholeNumber } from '../option-values.ts';
import { addCallOptions } from './connection.ts';
import { levelOption, type ReadLevelFlag } from './level-option.ts';
import type { Outcome } from './outcome.ts';
import { readValue, type ValueSource } from './read-value.ts';
import { statusOutcome } from './status-table.ts';

/** The options that all of them have. */
export interface CallFlags {
  readonly json: boolean;
  readonly timeoutMs: number;
}

/** What the commands need of where they are typed. */
export interface Surroundings {
  /** Performs an operation with a client, and prints its outcome. */
  readonly run: (
    flags: CallFlags,
    perform: (client: KeyValueClient, call: ClientCallOptions) => Promise<Outcome>,
  ) => Promise<void>;
  /** Standard input, for the value `-`; undefined where it is not to be had. */
  readonly input: ValueSource;
}

type ReadFlags = CallFlags & ReadLevelFlag;

interface ListFlags extends ReadFlags {
  readonly limit: number;
  readonly after?: string;
  readonly all: boolean;
}

const versionMax = Number.MAX_SAFE_INTEGER;
const rangeMax = 1000;

/** Makes the commands `get` to `transfer`. */
export function clientCommands(surroundings: Surroundings): Command[] {
  return [
    ...readCommands(surroundings),
    ...writeCommands(surroundings),
    ...operatorCommands(surroundings),
  ].map((command) => addCallOptions(command).allowExcessArguments(false));
}

function readCommands({ run }: Surroundings): Command[] {
  const get = new Command('get')
    .description('Prints the value of a key. With --json also its version.')
    .argument('<key>')
    .addOption(levelOption())
    .option('--exact', 'no newline after the value', false)
    .action((key: string, flags: ReadFlags & { readonly exact: boolean }) =>
      run(flags, async (client, call) => {
        const pair = await client.get(key, { ...call, level: flags.level });
        if (pair === undefined) return missing(key);
        return { text: pair.value, document: pair, isExact: flags.exact };
      }),
    );
  const listing = new Command('list')
    .description('Prints the keys that begin with a prefix, with versions and values.')
    .argument('[prefix]', 'all keys without it', '')
    .addOption(levelOption())
    .option('--limit <count>', 'how many keys at most', wholeNumber(1, rangeMax), 100)
    .option('--after <key>', 'only keys behind this one')
    .option('--all', 'all of them, read in pages of 1000 keys', false)
    .action((prefix: string, flags: ListFlags) =>
      run(flags, async (client, call) => {
        const answer = await list(client, prefix, { ...flags, call });
        const lines = answer.pairs.map(
          ({ key, version, value }) => `${shown(key)} = ${shown(value)} (version ${version})`,
        );
        if (answer.hasMore) lines.push(moreAfter(answer.pairs.at(-1)?.key ?? '', flags.limit));
        return { text: lines.length === 0 ? undefined : lines.join('\n'), document: answer };
      }),
    );
  return [get, listing];
}

async function list(
  client: KeyValueClient,
  prefix: string,
  { level, limit, after, all, call }: ListFlags & { readonly call: ClientCallOptions },
): Promise<{ readonly pairs: readonly KeyValuePair[]; readonly hasMore: boolean }> {
  if (!all) return client.range(prefix, { ...call, level, limit, after });
  const pairs: KeyValuePair[] = [];
  for await (const pair of client.entries(prefix, { ...call, level, after })) pairs.push(pair);
  return { pairs, hasMore: false };
}

function moreAfter(key: string, limit: number): string {
  return `… and more: --limit ${limit} was reached; go on with --after ${shown(key)}, or see --all`;
}

function writeCommands({ run, input }: Surroundings): Command[] {
  const value = ['<value>', '- reads standard input'] as const;
  const put = new Command('put')
    .description('Sets a key, and prints its version.')
    .argument('<key>')
    .argument(...value)
    .action((key: string, given: string, flags: CallFlags) =>
      run(flags, async (client, call) => changed(await client.put(key, await readValue(given, input), call))),
    );
  const append = new Command('append')
    .description('Appends to the value of a key, and prints its version. A missing key is made.')
    .argument('<key>')
    .argument(...value)
    .action((key: string, given: string, flags: CallFlags) =>
      run(flags, async (client, call) => {
        const result = await client.append(key, await readValue(given, input), call);
        return result.applied
          ? changed(result)
          : notDone('the value would be too long; nothing was appended', result);
      }),
    );
  const remove = new Command('delete')
    .description('Removes a key.')
    .argument('<key>')
    .action((key: string, flags: CallFlags) =>
      run(flags, async (client, call) => {
        const result = await client.delete(key, call);
        return result.applied ? { text: 'deleted', document: result } : missing(key);
      }),
    );
  const compareAndSet = new Command('cas')
    .description('Sets a key if it has this version, and prints the new one. Version 0: if it is missing.')
    .argument('<key>')
    .argument('<version>', 'as get --json prints it', wholeNumber(0, versionMax))
    .argument(...value)
    .action((key: string, version: number, given: string, flags: CallFlags) =>
      run(flags, async (client, call) => {
        const result = await client.compareAndSet({ key, version }, await readValue(given, input), call);
        if (result.applied) return changed(result);
        const found = result.version === 0 ? 'is missing' : `has version ${result.version}`;
        return notDone(`key ${shown(key)} ${found}, not version ${version}; nothing was changed`, result);
      }),
    );
  return [put, append, remove, compareAndSet];
}

function operatorCommands({ run }: Surroundings): Command[] {
  const status = new Command('status')
    .description('Prints the state of every server.')
    .action((flags: CallFlags) =>
      run(flags, async (client, call) => statusOutcome(await client.status(call))),
    );
  const transfer = new Command('transfer')
    .description('Hands leadership to another server.')
    .argument('[server]', 'the one with the longest log without it', wholeNumber(0, 65_535))
    .action((server: number | undefined, flags: CallFlags) =>
      run(flags, async (client, call) => {
        const outcome = await client.transfer(server, call);
        const document = { outcome };
        return outcome === 'transferred'
          ? { text: 'transferred', document }
          : notDone(transferProblems[outcome], document);
      }),
    );
  return [status, transfer];
}

const transferProblems = {
  'gave-up': 'no other server led within an election timeout; the leader leads on',
  'no-target': 'there is no other server to lead',
  'not-another-voter': 'that is the leader itself, or no server of the cluster',
};

function changed(result: { readonly version: number }): Outcome {
  return { text: `version ${result.version}`, document: result };
}

function missing(key: string): Outcome {
  return notDone(`key ${shown(key)} is missing`, { key, missing: true });
}

function notDone(problem: string, document: unknown): Outcome {
  return { problem, document };
}

/** A key or value on a line of its own: in quotes when it has spaces, control characters, or is empty. */
function shown(text: string): string {
  return /^[^\s\p{Control}"\\]+$/u.test(text) ? text : JSON.stringify(text);
}
