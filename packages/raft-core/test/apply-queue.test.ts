// The queue in front of the service: order, back-pressure, the messages that it keeps, and unusual services.
import { CommandEntry, type ApplyMsg, type LogEntry, type LogIndex } from '@raftlab/protocol';
import { VirtualClock } from '@raftlab/runtime';
import { ApplyQueue, type ApplyCh } from '#src/apply-queue';
import { describe, expect, test } from 'vitest';
import { codec } from './peers.ts';

/** A virtual clock on which a callback can take time. */
class BusyClock extends VirtualClock {
  #busyMs = 0;

  override now(): number {
    return super.now() + this.#busyMs;
  }

  /** The running callback takes this long. */
  work(ms: number): void {
    this.#busyMs += ms;
  }
}

interface Setting {
  readonly clock: BusyClock;
  readonly queue: ApplyQueue<unknown>;
  /** The messages that the service received: indexes, or `snapshot 7`. */
  readonly handed: string[];
  readonly failures: unknown[];
  /** The durations for which the service kept the event loop busy too long. */
  readonly slow: number[];
  /** Commits the next commands. */
  readonly commit: (...commands: unknown[]) => void;
  /** A snapshot of another server up to this index is installed. */
  readonly install: (lastIncludedIndex: LogIndex) => void;
}

function run(
  takeWith: (clock: BusyClock) => ApplyCh<unknown>,
  main: (setting: Setting) => Promise<void>,
): Promise<void> {
  const clock = new BusyClock();
  const take = takeWith(clock);
  const log = new Map<LogIndex, LogEntry>();
  const [handed, failures, slow]: [string[], unknown[], number[]] = [[], [], []];
  let lastIndex = 0;
  const queue = new ApplyQueue<unknown>({
    applyCh(message: ApplyMsg) {
      handed.push(nameOf(message));
      return take(message);
    },
    commandCodec: codec,
    sharesSnapshots: false,
    clock,
    lastTaken: 0,
    entryAt: (index) => log.get(index),
    slowMs: 160,
    onSlow: (heldMs) => slow.push(heldMs),
    onTaken: () => undefined,
    onFailure: (error) => failures.push(error),
  });
  const commit = (...commands: unknown[]): void => {
    const entries = commands.map((command) => new CommandEntry(1, codec.encode(command)));
    const firstIndex = lastIndex + 1;
    for (const entry of entries) log.set((lastIndex += 1), entry);
    queue.push({ kind: 'entries', firstIndex, entries });
  };
  const install = (lastIncludedIndex: LogIndex): void => {
    lastIndex = lastIncludedIndex;
    log.clear();
    const snapshot = { lastIncludedIndex, lastIncludedTerm: 1, data: Uint8Array.of(1, 2, 3) };
    queue.push({ kind: 'snapshot', snapshot });
  };
  return clock.run(() => main({ clock, queue, handed, failures, slow, commit, install }));
}

function nameOf(message: ApplyMsg): string {
  if (message.commandValid) return `${message.commandIndex}`;
  return message.snapshotValid ? `snapshot ${message.snapshotIndex}` : `noop ${message.noopIndex}`;
}

function many(count: number): number[] {
  return Array.from({ length: count }, (_, offset) => offset);
}

describe('the apply queue', () => {
  test.each<[what: string, take: ApplyCh<unknown>]>([
    ['that returns nothing', () => undefined],
    ['whose promises resolve immediately', () => Promise.resolve()],
  ])('does not block other callbacks, with a service %s', (_what, take) => {
    let deliveredCount = 0;
    let countAtTurn: number | undefined;
    return run(
      (clock) => (message) => {
        deliveredCount += 1;
        if (deliveredCount === 1) clock.defer(() => (countAtTurn = deliveredCount));
        return take(message);
      },
      async ({ clock, commit }) => {
        commit(...many(3000));
        await clock.sleep(1);
        expect([countAtTurn, deliveredCount]).toEqual([1024, 3000]);
      },
    );
  });

  test('ends a turn after the first message if each takes longer than a turn may', () => {
    let countAtTurn: number | undefined;
    return run(
      (clock) => () => clock.work(5),
      async ({ clock, commit, handed }) => {
        commit(...many(10));
        clock.defer(() => (countAtTurn = handed.length));
        await clock.sleep(1);
        expect([countAtTurn, handed.length]).toEqual([1, 10]);
      },
    );
  });

  test('distinguishes messages that the service received and those that it has taken: a promise separates the two', () =>
    run(
      (clock) => () => clock.sleep(10),
      async ({ clock, queue, commit }) => {
        commit('a', 'b', 'c');
        const { bytes } = queue.waiting;
        await clock.sleep(5);
        expect([queue.lastHanded, queue.lastTaken, queue.waiting]).toEqual([1, 0, { entries: 3, bytes }]);
        await clock.sleep(10);
        expect([queue.lastHanded, queue.lastTaken, queue.waiting.entries]).toEqual([2, 1, 2]);
        await clock.sleep(20);
        expect([queue.lastTaken, queue.waiting]).toEqual([3, { entries: 0, bytes: 0 }]);
      },
    ));

  test('delivers a snapshot instead of all waiting messages that it covers (§7)', () =>
    run(
      (clock) => () => clock.sleep(10),
      async ({ clock, queue, commit, install, handed }) => {
        commit('a', 'b', 'c');
        await clock.sleep(5);
        install(7);
        expect([queue.waiting, queue.waitingSnapshotBytes]).toEqual([{ entries: 0, bytes: 0 }, 3]);
        install(9);
        commit('d');
        expect(queue.waiting.entries).toBe(1);
        await clock.sleep(100);
        expect(handed).toEqual(['1', 'snapshot 9', '10']);
        expect([queue.lastTaken, queue.waiting]).toEqual([10, { entries: 0, bytes: 0 }]);
      },
    ));
});

describe('a service that returns a value that is not a promise', () => {
  test.each<[what: string, returned: unknown]>([
    ['a number', 7],
    ['null', null],
    ['false', false],
    ['a string', 'done'],
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
    ['an object', { then: 'later' }],
    ['a function', () => undefined],
  ])('such as %s receives the next message at once', (_what, returned) =>
    run(
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as JavaScript may do
      () => () => returned as undefined,
      async ({ clock, commit, handed, failures }) => {
        commit('a', 'b', 'c');
        await clock.sleep(1);
        expect([handed, failures]).toEqual([['1', '2', '3'], []]);
      },
    ),
  );

  test('waits for a promise of another library', () =>
    run(
      (clock) => () => ({
        // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
        then: (onTaken) => {
          const taken = clock.sleep(10).then(() => undefined);
          // oxlint-disable-next-line typescript/no-unsafe-return
          return taken.then(onTaken);
        },
      }),
      async ({ clock, commit, handed }) => {
        commit('a', 'b');
        await clock.sleep(5);
        expect(handed).toEqual(['1']);
        await clock.sleep(10);
        expect(handed).toEqual(['1', '2']);
      },
    ));

  test('whose `then` throws fails like one that throws', () =>
    run(
      () => () => {
        return {
          // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
          get then(): never {
            throw new Error('no then');
          },
        };
      },
      async ({ clock, commit, handed, failures }) => {
        commit('a', 'b');
        await clock.sleep(1);
        expect([handed, failures]).toEqual([['1'], [new Error('no then')]]);
      },
    ));
});

describe('a slow callback', () => {
  test('is reported with the time for which it kept the event loop busy (hashicorp/vault#28009)', () =>
    run(
      (clock) => (message) => {
        if (message.commandValid && message.command === 'slow') clock.work(600);
      },
      async ({ clock, commit, slow }) => {
        commit('a', 'b', 'slow', 'c', ...many(100), 'slow');
        await clock.sleep(1);
        expect(slow).toEqual([600, 600]);
      },
    ));

  test('is not reported if it only waits: the event loop is free while its promise is pending', () =>
    run(
      (clock) => () => clock.sleep(600),
      async ({ clock, commit, slow }) => {
        commit('a', 'b', 'c');
        await clock.sleep(2000);
        expect(slow).toEqual([]);
      },
    ));

  test('may also work before it waits', () =>
    run(
      (clock) => () => {
        clock.work(200);
        return clock.sleep(1);
      },
      async ({ clock, commit, slow }) => {
        commit('a', 'b');
        await clock.sleep(10);
        expect(slow).toEqual([200, 200]);
      },
    ));
});
