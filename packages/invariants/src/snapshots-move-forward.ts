// A snapshot replaces entries, so what it claims to cover must be chosen, and it must never take any of it back.
import { expectThat, type Invariant, type ServerRule, type StepEvent } from './invariant.ts';

/** The part that needs no knowledge of what was chosen. */
export const snapshotsNeverGoBack: ServerRule = {
  name: 'Snapshots move forward',
  statement:
    'A snapshot is of committed entries, never older than the one it replaces, and drops no entry that continues it.',
  source: 'Raft paper, §7; Figure 13',
  onStep: expectNeverBack,
};

export const snapshotsMoveForward: Invariant = {
  ...snapshotsNeverGoBack,
  onStep(event, ghost) {
    expectNeverBack(event);
    const { server, outputs } = event;
    const snapshot = outputs.persist?.batch.snapshot;
    if (snapshot === undefined) return;
    const { lastIncludedIndex, lastIncludedTerm } = snapshot;
    expectThat(
      ghost.chosen[lastIncludedIndex]?.term === lastIncludedTerm,
      () =>
        `server ${server} takes a snapshot of term ${lastIncludedTerm} at ${lastIncludedIndex}, where that is not chosen`,
    );
  },
};

function expectNeverBack({ server, before, state: { log } }: StepEvent): void {
  expectThat(
    log.lastIncludedIndex >= before.lastIncludedIndex,
    () =>
      `server ${server}: its snapshot went back from ${before.lastIncludedIndex} to ${log.lastIncludedIndex}`,
  );
}
