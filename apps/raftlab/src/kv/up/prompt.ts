// The prompt of `kv up`: the commands of a client, and kill, stop and start for the servers.
import type { KeyValueClient } from '@raftlab/kv-client';
import { Command, CommanderError } from 'commander';
import type { Terminal } from '../../command-context.ts';
import { CommandError } from '../../command-error.ts';
import { wholeNumber } from '../../option-values.ts';
import { clientCommands } from '../client-commands.ts';
import { print } from '../outcome.ts';
import { outcomeOf } from '../run-operation.ts';
import type { ServerProcesses } from './server-processes.ts';
import { LineError, wordsOf } from './words.ts';

const serverMax = 65_535;

/** What the lines of a prompt act on. */
export interface PromptParts {
  readonly client: KeyValueClient;
  readonly processes: ServerProcesses;
  readonly servers: readonly number[];
  /** Everything is printed here, so that problems are in their order. */
  readonly print: (text: string) => void;
}

/** Carries out lines, one after another. */
export class Prompt {
  readonly #parts: PromptParts;
  #failures = 0;
  #isOver = false;

  constructor(parts: PromptParts) {
    this.#parts = parts;
  }

  /** Whether `exit` was typed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** How many lines failed, or were wrong. */
  get failures(): number {
    return this.#failures;
  }

  /** Carries out a line. Problems are printed. */
  async carryOut(line: string): Promise<void> {
    try {
      const words = wordsOf(line);
      // An empty line is none.
      if (words.length > 0) await this.#program().parseAsync(words, { from: 'user' });
    } catch (error) {
      // Commander has already printed its message; `help` is no failure.
      if (error instanceof CommanderError) this.#failures += error.exitCode === 0 ? 0 : 1;
      else if (error instanceof CommandError || error instanceof LineError) this.#fail(error.message);
      else throw error;
    }
  }

  #fail(message: string): void {
    this.#failures += 1;
    this.#parts.print(`error: ${message}\n`);
  }

  #program(): Command {
    const { client, print: out } = this.#parts;
    const terminal: Terminal = { out, error: out };
    const program = new Command('')
      .usage('<command>')
      .exitOverride()
      .showSuggestionAfterError()
      .helpOption(false)
      // Lines have no name of a program.
      .configureHelp({
        commandUsage: (command) =>
          [command.parent === null ? '' : command.name(), command.usage()].join(' ').trim(),
      })
      .configureOutput({ writeOut: out, writeErr: out });
    const clients = clientCommands({
      input: undefined,
      run: async (flags, perform) => {
        const call = { deadlineMs: flags.timeoutMs };
        const outcome = await outcomeOf(client, (each) => perform(each, call));
        this.#failures += print(outcome, flags.json, terminal);
      },
    });
    for (const command of [...clients, ...this.#processCommands()])
      program.addCommand(command.copyInheritedSettings(program));
    return program;
  }

  #processCommands(): Command[] {
    const { processes, print: out } = this.#parts;
    const kill = new Command('kill')
      .description('Ends the process of a server at once, with kill -9.')
      .argument('<server>', 'its number, or leader', serverOrLeader)
      .action(async (given: number | 'leader') => {
        const server = await this.#runningServer(given);
        const pid = processes.pidOf(server);
        await processes.kill(server);
        out(`server ${server} was killed (kill -9 ${pid})\n`);
      });
    const stop = new Command('stop')
      .description('Asks a server to stop: it hands the leadership on first.')
      .argument('<server>', 'its number, or leader', serverOrLeader)
      .action(async (given: number | 'leader') => {
        const server = await this.#runningServer(given);
        await processes.stop(server);
        out(`server ${server} has stopped\n`);
      });
    const start = new Command('start')
      .description('Starts a server that was killed or stopped.')
      .argument('[server]', 'its number; all that do not run without it', serverNumber)
      .action(async (server: number | undefined) => {
        for (const each of this.#startable(server)) {
          await processes.start(each);
          out(`server ${each} runs\n`);
        }
      });
    const exit = new Command('exit')
      .description('Stops all servers. So do Ctrl-D and Ctrl-C.')
      .action(() => void (this.#isOver = true));
    return [kill, stop, start, exit];
  }

  #startable(given: number | undefined): readonly number[] {
    const { processes, servers } = this.#parts;
    if (given === undefined) return servers.filter((server) => !processes.running.includes(server));
    this.#check(given);
    if (processes.running.includes(given)) throw new CommandError(`server ${given} runs already.`);
    return [given];
  }

  async #runningServer(given: number | 'leader'): Promise<number> {
    const { client, processes } = this.#parts;
    if (given === 'leader') {
      const leads = (await client.status()).find((each) => each.ok && each.report.role === 'leader');
      if (leads === undefined)
        throw new CommandError('no server leads; wait for the election, then try again.');
      return leads.server;
    }
    this.#check(given);
    if (!processes.running.includes(given)) throw new CommandError(`server ${given} does not run.`);
    return given;
  }

  #check(server: number): void {
    const { servers } = this.#parts;
    if (!servers.includes(server))
      throw new CommandError(`there is no server ${server}; the servers are ${servers.join(', ')}.`);
  }
}

const serverNumber = wholeNumber(0, serverMax);

function serverOrLeader(text: string): number | 'leader' {
  return text === 'leader' ? text : serverNumber(text);
}
