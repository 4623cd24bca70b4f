// Messages of the apply channel, applied to a state machine.
import { applyMessage, type LogPosition, type StateMachine } from '@raftlab/raft-core';
import { expect, test } from 'vitest';

/** Records its commands and their indexes; the result of a command is their count. */
class Listing implements StateMachine<string, number> {
  commands: string[] = [];
  readonly places: LogPosition[] = [];

  apply(command: string, at: LogPosition): number {
    this.places.push(at);
    return this.commands.push(command);
  }

  snapshot(): Uint8Array {
    return new TextEncoder().encode(this.commands.join(' '));
  }

  restore(snapshot: Uint8Array): void {
    this.commands = new TextDecoder().decode(snapshot).split(' ');
  }
}

const command = (index: number, text: string) =>
  ({
    commandValid: true,
    snapshotValid: false,
    command: text,
    commandIndex: index,
    commandTerm: 3,
  }) as const;

test('a command is applied at its index, and has a result', () => {
  const machine = new Listing();
  const results = [command(1, 'a'), command(2, 'b')].map((message) => applyMessage(machine, message));
  expect(results).toEqual([1, 2]);
  expect(machine.commands).toEqual(['a', 'b']);
  expect(machine.places).toEqual([
    { index: 1, term: 3 },
    { index: 2, term: 3 },
  ]);
});

test('a noop changes nothing and has no result', () => {
  const machine = new Listing();
  const result = applyMessage(machine, {
    commandValid: false,
    snapshotValid: false,
    noopIndex: 1,
    noopTerm: 2,
  });
  expect([result, machine.commands]).toEqual([undefined, []]);
});

test('a snapshot replaces the state and has no result', () => {
  const [machine, other] = [new Listing(), new Listing()];
  applyMessage(machine, command(1, 'own'));
  for (const text of ['a', 'b']) other.apply(text, { index: 1, term: 1 });
  const result = applyMessage(machine, {
    commandValid: false,
    snapshotValid: true,
    snapshot: other.snapshot(),
    snapshotIndex: 2,
    snapshotTerm: 1,
  });
  expect([result, machine.commands]).toEqual([undefined, ['a', 'b']]);
});
