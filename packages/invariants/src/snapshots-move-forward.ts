// A snapshot replaces entries, so the entries that it covers must be chosen, and it must not undo any of them.
import { Violation, type Invariant, type ServerRule, type StepEvent } from './invariant.ts';

/** The part that does not need to know the chosen entries. */
export const snapshotsNeverGoBack: ServerRule = {
  name: 'Snapshots move forward',
  statement:
    'A snapshot covers committed entries, is never older than the one it replaces, and drops no entry that continues it.',
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
    if (ghost.chosen[lastIncludedIndex]?.term !== lastIncludedTerm)
      throw new Violation(
        `server ${server} has a snapshot up to entry ${lastIncludedIndex} of term ${lastIncludedTerm}, which is not chosen`,
      );
  },
};

function expectNeverBack({ server, before, state: { log } }: StepEvent): void {
  if (log.lastIncludedIndex < before.lastIncludedIndex)
    throw new Violation(
      `server ${server}: its snapshot went back from ${before.lastIncludedIndex} to ${log.lastIncludedIndex}`,
    );
}
