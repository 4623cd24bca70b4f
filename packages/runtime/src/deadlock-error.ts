// Why a virtual run could not continue.

/** The message lists this many pending promises at most; `waiting` has all of them. */
const listedCountMax = 50;

/** No event is left in a virtual run, and its main function has not ended. */
export class DeadlockError extends Error {
  override readonly name: string = 'DeadlockError';
  /** Virtual milliseconds. */
  readonly now: number;
  /** The descriptions of the pending promises that were registered with `Clock.watch`, in order of registration. */
  readonly waiting: readonly string[];

  constructor(now: number, waiting: readonly string[]) {
    super(
      `Deadlock at ${now} virtual ms: no timer is set and main is still pending. ${listWaiting(waiting)}`,
    );
    this.now = now;
    this.waiting = waiting;
  }
}

function listWaiting(waiting: readonly string[]): string {
  if (waiting.length === 0) return 'Register promises with Clock.watch to see here which of them is pending.';
  const lines = waiting.slice(0, listedCountMax);
  if (waiting.length > lines.length) lines.push(`and ${waiting.length - lines.length} more`);
  return ['Pending promises:', ...lines].join('\n  ');
}
