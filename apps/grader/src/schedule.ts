// Runs tasks, several at a time, and hands their reports on in the order of the tasks, whichever ends first.

export interface ScheduleOptions<Task, Report> {
  /** How many tasks run at once. */
  readonly jobs: number;
  readonly execute: (task: Task) => Promise<Report>;
  /** All earlier tasks have been reported, and this one is under way (or has ended, and is reported next). */
  readonly onTurn: (task: Task) => void;
  readonly onReport: (task: Task, report: Report) => void;
  /** When it aborts, nothing more is started or waited for; what has ended by then is still reported, in order. */
  readonly signal?: AbortSignal;
}

/** How far tasks may run ahead of the one that is to be reported next: bounds the reports that are held back. */
const aheadMax = 256;

interface Entry<Task, Report> {
  readonly task: Task;
  readonly ended: Promise<void>;
  outcome?: { readonly report: Report } | { readonly error: unknown };
}

/** Resolves when all tasks are reported, or at once when the signal aborts. Rejects with the error of `execute`. */
export async function schedule<Task, Report>(
  tasks: Iterable<Task>,
  options: ScheduleOptions<Task, Report>,
): Promise<void> {
  const { jobs, execute, onTurn, onReport, signal } = options;
  const upcoming = tasks[Symbol.iterator]();
  const underWay: Entry<Task, Report>[] = [];
  const isAborted = (): boolean => signal?.aborted === true;
  let runningCount = 0;
  let wake = (): void => {};
  signal?.addEventListener('abort', () => wake(), { once: true });

  const fill = (): void => {
    while (runningCount < jobs && underWay.length < jobs + aheadMax && !isAborted()) {
      const { done, value: task } = upcoming.next();
      if (done === true) return;
      runningCount += 1;
      underWay.push(begin(task));
    }
  };
  const begin = (task: Task): Entry<Task, Report> => {
    const end = (outcome: NonNullable<Entry<Task, Report>['outcome']>): void => {
      entry.outcome = outcome;
      runningCount -= 1;
      fill();
    };
    const ended = Promise.resolve(task)
      .then(execute)
      .then(
        (report) => end({ report }),
        (error: unknown) => end({ error }),
      );
    const entry: Entry<Task, Report> = { task, ended };
    return entry;
  };

  for (;;) {
    fill();
    const head = underWay[0];
    if (head === undefined || isAborted()) break;
    onTurn(head.task);
    // Not Promise.race: a signal that lives as long as the whole run would collect one reaction per task.
    await new Promise<void>((resolve) => {
      wake = resolve;
      void head.ended.then(resolve);
    });
    if (head.outcome === undefined) break;
    underWay.shift();
    handOn(head, onReport);
  }
  for (const entry of underWay) if (entry.outcome !== undefined) handOn(entry, onReport);
}

function handOn<Task, Report>(
  { task, outcome }: Entry<Task, Report>,
  onReport: (task: Task, report: Report) => void,
): void {
  if (outcome === undefined) return;
  if ('error' in outcome) throw outcome.error;
  onReport(task, outcome.report);
}
