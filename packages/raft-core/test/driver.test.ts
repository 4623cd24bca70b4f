// The loop around a core: the order in which outputs are carried out, and when an input is taken. The core is a script.
import type { Message } from '@raftlab/protocol';
import {
  Driver,
  type Envelope,
  type Input,
  type Outputs,
  type Persist,
  type World,
} from '@raftlab/raft-core';
import { describe, expect, test } from 'vitest';

const nothing: Outputs = {
  persist: undefined,
  send: [],
  sendAfterPersist: [],
  apply: [],
  roleChange: undefined,
  reads: [],
  transferEnded: undefined,
  lostLog: undefined,
  stage: undefined,
  wakeAt: Infinity,
};
const persist: Persist = {
  batch: { hardState: { currentTerm: 1, votedFor: 0 } },
  proves: { currentTerm: 1, lastLogIndex: 0, lastLogTerm: 0 },
  mayWait: false,
};
const tick: Input = { kind: 'tick' };
const compact: Input = { kind: 'compact', lastIncludedIndex: 1, data: new Uint8Array() };

function envelope(to: number): Envelope {
  const message: Message = { kind: 'requestVoteReply', reply: { term: 1, voteGranted: true } };
  return { to, message, ticket: 0, isUrgent: true };
}

/** A driver of a core that returns these outputs, one after the other, and an environment that records its calls. */
function driven(
  script: readonly Partial<Outputs>[],
  change: (world: World, driver: () => Driver) => Partial<World> = () => ({}),
): { driver: Driver; log: string[] } {
  const log: string[] = [];
  let stepCount = 0;
  const world: World = {
    now: () => 0,
    onStep: (input) => void log.push(`step ${input.kind}`),
    write: () => void log.push('write'),
    whenDurable: (action) => action(),
    send: ({ to }) => void log.push(`send ${to}`),
    apply: ({ kind }) => void log.push(`apply ${kind}`),
    wakeAt: (time) => void log.push(`wake ${time}`),
  };
  const step = (): Outputs => ({ ...nothing, ...script[stepCount++] });
  const driver: Driver = new Driver({ step }, { ...world, ...change(world, () => driver) });
  return { driver, log };
}

const everything: Partial<Outputs> = {
  wakeAt: 7,
  apply: [{ kind: 'entries', firstIndex: 1, entries: [] }],
  sendAfterPersist: [envelope(2)],
  send: [envelope(1)],
  persist,
};

describe('a driver', () => {
  test('starts a write before any message is sent, and applies after that', () => {
    const { driver, log } = driven([everything]);
    driver.step(tick);
    expect(log).toEqual(['step tick', 'write', 'send 1', 'send 2', 'apply entries', 'wake 7']);
  });

  test('delays the messages that wait for the write, and no others, until it is durable', () => {
    const waiting: Array<() => void> = [];
    const { driver, log } = driven([everything], () => ({
      whenDurable: (action) => void waiting.push(action),
    }));
    driver.step(tick);
    expect(log).toEqual(['step tick', 'write', 'send 1', 'apply entries', 'wake 7']);
    for (const action of waiting) action();
    expect(log.at(-1)).toBe('send 2');
  });

  test('takes an input that arrives during a step after the outputs of that step', () => {
    const { driver, log } = driven([everything, {}], (world, self) => ({
      write(given) {
        world.write(given);
        self().step({ kind: 'persisted', ...given.proves });
        expect(self().isStepping).toBe(true);
      },
    }));
    driver.step(tick);
    expect(log).toEqual([
      'step tick',
      'write',
      'send 1',
      'send 2',
      'apply entries',
      'wake 7',
      'step persisted',
      'wake Infinity',
    ]);
    expect(driver.isStepping).toBe(false);
  });

  test('takes inputs that arrive during a step in the order in which they came', () => {
    const { driver, log } = driven([{ send: [envelope(1)] }], (world, self) => ({
      send(given) {
        world.send(given);
        self().step(compact);
        self().step(tick);
      },
    }));
    driver.step(tick);
    expect(log.filter((line) => line.startsWith('step'))).toEqual(['step tick', 'step compact', 'step tick']);
  });

  test('takes no input after close, not even one that waits', () => {
    const { driver, log } = driven([everything], (world, self) => ({
      send(given) {
        world.send(given);
        self().step(compact);
        self().close();
      },
    }));
    driver.step(tick);
    driver.step(tick);
    expect(log.filter((line) => line.startsWith('step'))).toEqual(['step tick']);
  });

  test('passes on errors of its environment, and can step again afterwards', () => {
    const { driver } = driven([everything], () => ({
      send() {
        throw new Error('no network');
      },
    }));
    expect(() => driver.step(tick)).toThrow('no network');
    expect(driver.isStepping).toBe(false);
  });
});
