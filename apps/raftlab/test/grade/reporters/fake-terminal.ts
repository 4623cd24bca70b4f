// A terminal of a given size that records the text written to it, and returns the visible lines.
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

  /** To be displayed later. */
  get written(): string {
    return this.#written;
  }

  /** The visible lines after this text was written, from the first line that was ever written. */
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
