// Which words name which tests.
import { lab3 } from '@raftlab/test-harness';
import { SelectionError, selectTests } from '#src/grade/select-tests';
import { expect, test } from 'vitest';

const ids = (...words: string[]): string[] => selectTests(words, lab3.tests).map(({ id }) => id);

test('no words mean all tests; parts, full names, short names and beginnings mean theirs', () => {
  expect(ids()).toHaveLength(28);
  expect(ids('3a')).toEqual(['TestInitialElection3A', 'TestReElection3A', 'TestManyElections3A']);
  expect(ids('TestBackup3B')).toEqual(['TestBackup3B']);
  expect(ids('testbackup3b')).toEqual(['TestBackup3B']);
  expect(ids('Backup')).toEqual(['TestBackup3B']);
  expect(ids('figure83c')).toEqual(['TestFigure83C']);
  // Exactly the name of one test, although others begin with it.
  expect(ids('snapshotInstall')).toEqual(['TestSnapshotInstall3D']);
});

test("whatever the order and however often, each test comes once and in the lab's order", () => {
  expect(ids('backup', '3A', 'TestReElection3A', 'backup')).toEqual([...ids('3A'), 'TestBackup3B']);
});

test('a word that is wrong or not enough is refused with what is valid', () => {
  expect(() => ids('figur')).toThrow(
    new SelectionError("'figur' could be TestFigure83C, TestFigure8Unreliable3C. Write more of the name."),
  );
  expect(() => ids('TestChurn')).toThrow(/no part or test 'TestChurn'/);
  expect(() => ids('initialelectoin')).toThrow(/Did you mean TestInitialElection3A\?/);
});
