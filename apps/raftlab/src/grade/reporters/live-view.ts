// On a terminal, below everything that is said: which tests run, for how long, how many are done, and how long it may take
// still. It is drawn over and over in one place, and leaves nothing behind.
import type { Clock, Timer } from '@raftlab/runtime';
import type { TestReport } from '@raftlab/test-harness';
import { createLogUpdate } from 'log-update';
import type { GradeCommand } from '../command.ts';
import type { ScheduleListener, Task } from '../schedule.ts';
import { duration } from '../summary.ts';
import { hasDocument, type ReporterChoice } from './choice.ts';

/** How often it is drawn: the tenths of a second move. */
const intervalMs = 100;
/** With fewer columns or rows than this nothing could be read anyway. */
const smallest = { columns: 20, rows: 4 };

/** A terminal, as far as it matters here. */
export interface Screen extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
}

/** Where a process may draw: its standard error, so that standard output holds nothing but what is said. */
export function screenOf(
  { stdout, stderr, env }: ScreenOwner,
  reporters: readonly ReporterChoice[],
): Screen | undefined {
  // Text that goes into a pipe may come back to the terminal on the other side, as with a pager.
  const isAlone = stdout.isTTY === true || hasDocument(reporters);
  const isCi = env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI']);
  return stderr.isTTY === true && isAlone && !isCi && env['TERM'] !== 'dumb' ? stderr : undefined;
}

/** `process`, as far as it matters here. Node leaves isTTY out where there is no terminal. */
interface ScreenOwner {
  readonly stdout: { readonly isTTY?: boolean };
  readonly stderr: Screen & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LiveViewOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly command: Pick<GradeCommand, 'tests' | 'runs'>;
  /** Whether somebody else has written to the screen, as an implementation under test may. */
  readonly isTorn?: () => boolean;
}

export class LiveView implements Pick<ScheduleListener, 'onStart' | 'onEnd'> {
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #testsPerRun: number;
  readonly #runs: number;
  readonly #isTorn: () => boolean;
  readonly #drawing: ReturnType<typeof createLogUpdate>;
  /** When each test that is under way began, oldest first. */
  readonly #underWay = new Map<Task, number>();
  #done = 0;
  #failed = 0;
  #timer: Timer | undefined;

  constructor({ screen, clock, command, isTorn = () => false }: LiveViewOptions) {
    this.#screen = screen;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#testsPerRun = command.tests.length;
    this.#runs = command.runs;
    this.#isTorn = isTorn;
    this.#drawing = createLogUpdate(screen);
    this.#tick();
  }

  onStart(task: Task): void {
    this.#underWay.set(task, this.#clock.now());
    this.#draw();
  }

  onEnd(task: Task, report: TestReport): void {
    this.#underWay.delete(task);
    this.#done += 1;
    if (report.failure !== undefined) this.#failed += 1;
    this.#draw();
  }

  /** Lets `write` put whole lines where the view is; the view stands below them again. */
  above(write: () => void): void {
    if (this.#isThere()) this.#drawing.clear();
    write();
    this.#draw();
  }

  end(): void {
    if (!this.#isThere()) return;
    this.#drawing.clear();
    this.#giveUp();
  }

  #tick(): void {
    this.#timer = this.#clock.setTimer(intervalMs, () => this.#tick());
    this.#draw();
  }

  /** To draw again would wipe out what others have written below: their lines matter more, so the view gives way for good. */
  #isThere(): boolean {
    if (this.#timer !== undefined && this.#isTorn()) this.#giveUp();
    return this.#timer !== undefined;
  }

  #giveUp(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#drawing.done();
  }

  #draw(): void {
    if (!this.#isThere()) return;
    const columns = Math.max(this.#screen.columns ?? 80, smallest.columns);
    const rows = Math.max(this.#screen.rows ?? 24, smallest.rows);
    const tests = this.#testLines();
    // One row for the summary, one for the cursor, one for what is left out.
    const shown = tests.length <= rows - 2 ? tests : tests.slice(0, rows - 3);
    const rest = tests.length - shown.length;
    const lines = [this.#summary(), ...shown, ...(rest > 0 ? [`  and ${rest} more`] : [])];
    this.#drawing(lines.map((line) => line.slice(0, columns - 1)).join('\n'));
  }

  #summary(): string {
    const total = this.#testsPerRun * this.#runs;
    const parts = [
      `${this.#done} of ${total} tests${this.#runs > 1 ? ` in ${this.#runs} runs` : ''}`,
      `${this.#failed} failed`,
      duration(this.#elapsedMs()),
    ];
    // Tests differ a hundredfold: only whole runs say something of those to come.
    if (this.#runs > 1 && this.#done >= this.#testsPerRun && this.#done < total) {
      parts.push(`about ${duration((this.#elapsedMs() / this.#done) * (total - this.#done))} to go`);
    }
    return parts.join(', ');
  }

  #testLines(): string[] {
    const width = Math.max(0, ...[...this.#underWay.keys()].map(({ test }) => test.id.length));
    return [...this.#underWay].map(([{ test, seed }, startedAt]) =>
      [
        `  ${test.id.padEnd(width)}`,
        ...(this.#runs > 1 ? [`seed ${seed}`] : []),
        duration(this.#clock.now() - startedAt),
      ].join('  '),
    );
  }

  #elapsedMs(): number {
    return this.#clock.now() - this.#startedAt;
  }
}
