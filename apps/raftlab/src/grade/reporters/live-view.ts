// A view on a terminal, below the text: which tests run, for how long, how many have ended, and the remaining time. It is redrawn
// in place, and removed at the end.
import type { Clock, Timer } from '@raftlab/runtime';
import type { TestReport } from '@raftlab/test-harness';
import { createLogUpdate } from 'log-update';
import { duration } from '../../duration.ts';
import type { GradeRequest } from '../request.ts';
import type { ScheduleListener } from '../schedule.ts';
import type { Task } from '../test-runner.ts';
import { hasDocument, type ReporterChoice } from './choice.ts';

/** The time between two drawings, in ms. */
const intervalMs = 100;
/** The view is drawn as if the terminal had at least this size. */
const smallest = { columns: 20, rows: 4 };

/** A terminal to draw on. */
export interface Screen extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
}

/** The screen of a process, if it has one: standard error, so that standard output contains only the text. */
export function screenOf(
  { stdout, stderr, env }: ScreenOwner,
  reporters: readonly ReporterChoice[],
): Screen | undefined {
  // Text in a pipe may reach the same terminal, for example through a pager.
  const isAlone = stdout.isTTY === true || hasDocument(reporters);
  const isCi = env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI']);
  return stderr.isTTY === true && isAlone && !isCi && env['TERM'] !== 'dumb' ? stderr : undefined;
}

/** `process`, or a stand-in for it. Node omits isTTY where there is no terminal. */
interface ScreenOwner {
  readonly stdout: { readonly isTTY?: boolean };
  readonly stderr: Screen & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LiveViewOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly request: Pick<GradeRequest, 'tests' | 'runs'>;
  /** Whether another writer has printed to the screen, such as an implementation under test. */
  readonly isOverwritten?: () => boolean;
}

export class LiveView implements Pick<ScheduleListener, 'onStart' | 'onEnd'> {
  readonly #screen: Screen;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #testsPerRun: number;
  readonly #runs: number;
  readonly #isOverwritten: () => boolean;
  readonly #drawing: ReturnType<typeof createLogUpdate>;
  /** When each running test began, oldest first. */
  readonly #underWay = new Map<Task, number>();
  #done = 0;
  #failed = 0;
  #timer: Timer | undefined;

  constructor({ screen, clock, request, isOverwritten = () => false }: LiveViewOptions) {
    this.#screen = screen;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#testsPerRun = request.tests.length;
    this.#runs = request.runs;
    this.#isOverwritten = isOverwritten;
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

  /** Removes the view, lets `write` print whole lines, and draws the view below them. */
  above(write: () => void): void {
    if (this.#isActive()) this.#drawing.clear();
    write();
    this.#draw();
  }

  end(): void {
    if (!this.#isActive()) return;
    this.#drawing.clear();
    this.#stop();
  }

  #tick(): void {
    this.#timer = this.#clock.setTimer(intervalMs, () => this.#tick());
    this.#draw();
  }

  /** Drawing would erase lines that another writer has printed below the view, so it stops for good. */
  #isActive(): boolean {
    if (this.#timer !== undefined && this.#isOverwritten()) this.#stop();
    return this.#timer !== undefined;
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#drawing.done();
  }

  #draw(): void {
    if (!this.#isActive()) return;
    const columns = Math.max(this.#screen.columns ?? 80, smallest.columns);
    const rows = Math.max(this.#screen.rows ?? 24, smallest.rows);
    const tests = this.#testLines();
    // One row for the summary, one for the cursor, one for the omitted tests.
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
    // The durations of tests differ by a factor of a hundred: only whole runs predict the rest.
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
