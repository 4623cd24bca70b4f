// One process of a server that a test starts, signals and waits for.
import { spawn } from 'node:child_process';

/** @typedef {{ argv: readonly string[], stdio: import('node:child_process').StdioOptions, env?: NodeJS.ProcessEnv }} Launch */

export class ServerProcess {
  /** @type {import('node:child_process').ChildProcess} */
  #child;
  /** Resolves with the exit code, or with the signal that ended it. @type {Promise<number | NodeJS.Signals | null>} */
  #ended;
  #isRunning = true;

  /** Starts this Node with a script and its arguments. @param {Launch} launch */
  constructor({ argv, stdio, env }) {
    this.#child = spawn(process.execPath, argv, { stdio, ...(env !== undefined && { env }) });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('exit', (code, signal) => {
        this.#isRunning = false;
        resolve(code ?? signal);
      });
      this.#child.once('error', reject);
    });
  }

  /** @returns {number | undefined} */
  get pid() {
    return this.#child.pid;
  }

  get isRunning() {
    return this.#isRunning;
  }

  /** Its output, when `stdio` made it a pipe. @returns {import('node:stream').Readable | null} */
  get stdout() {
    return this.#child.stdout;
  }

  /** Resolves with the exit code, or with the signal that ended it. */
  get ended() {
    return this.#ended;
  }

  /** Does nothing when the process has ended. @param {NodeJS.Signals} name */
  signal(name) {
    if (this.#isRunning) this.#child.kill(name);
  }

  /** Sends it a message, when `stdio` has a channel for that. @param {import('node:child_process').Serializable} message */
  send(message) {
    if (this.#isRunning && this.#child.connected) this.#child.send(message);
  }

  /** Calls `take` with each message from it. @param {(message: unknown) => void} take */
  onMessage(take) {
    this.#child.on('message', take);
  }

  /** kill -9; resolves when the process is gone. */
  async kill() {
    this.signal('SIGKILL');
    await this.#ended;
  }
}
