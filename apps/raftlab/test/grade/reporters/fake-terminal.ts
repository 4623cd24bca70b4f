// A terminal of some size that remembers what was written to it, and shows what stands on it then.
import { Writable } from 'node:stream';
import xterm from '@xterm/headless';

export class FakeTerminal extends Writable {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  #written = '';

  constructor(columns = 60, rows = 12) {
    super({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        this.#written += chunk;
        done();
      },
    });
    this.columns = columns;
    this.rows = rows;
  }

  /** To be shown later. */
  get written(): string {
    return this.#written;
  }

  /** The lines that could be seen, from the first that was ever written, after this was written. */
  async show(written: string = this.#written): Promise<string[]> {
    const { columns: cols, rows } = this;
    const terminal = new xterm.Terminal({ cols, rows, convertEol: true, allowProposedApi: true });
    await new Promise<void>((resolve) => terminal.write(written, resolve));
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, line) =>
      (active.getLine(line)?.translateToString(true) ?? '').trimEnd(),
    );
    terminal.dispose();
    return lines.join('\n').trimEnd().split('\n');
  }
}
