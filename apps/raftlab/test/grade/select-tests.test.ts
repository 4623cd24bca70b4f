// The tests that words on the command line name.
import { lab3, lab4, rsm } from '@raftlab/test-harness';
import { SelectionError, selectTests } from '#src/grade/select-tests';
import { expect, test } from 'vitest';

const ids = (...words: string[]): string[] => selectTests(words, lab3.tests).map(({ id }) => id);

test('no words mean all tests; words may be parts, full names, short names and prefixes', () => {
  expect(ids()).toHaveLength(28);
  expect(ids('3a')).toEqual(['TestInitialElection3A', 'TestReElection3A', 'TestManyElections3A']);
  expect(ids('TestBackup3B')).toEqual(['TestBackup3B']);
  expect(ids('testbackup3b')).toEqual(['TestBackup3B']);
  expect(ids('Backup')).toEqual(['TestBackup3B']);
  expect(ids('figure83c')).toEqual(['TestFigure83C']);
  // Exactly the name of one test, although it is a prefix of others.
  expect(ids('snapshotInstall')).toEqual(['TestSnapshotInstall3D']);
});

test("tests are selected once and in the lab's order, for any order of the words", () => {
  expect(ids('backup', '3A', 'TestReElection3A', 'backup')).toEqual([...ids('3A'), 'TestBackup3B']);
});

test('an unknown or ambiguous word is rejected with the valid ones', () => {
  expect(() => ids('figur')).toThrow(
    new SelectionError("'figur' could be TestFigure83C, TestFigure8Unreliable3C. Write more of the name."),
  );
  expect(() => ids('TestChurn')).toThrow(/no part or test 'TestChurn'/);
  expect(() => ids('initialelectoin')).toThrow(/Did you mean TestInitialElection3A\?/);
});

test('with several suites no words mean the defaults, and a name that fits one of them means that one', () => {
  const all = [...lab3.tests, ...lab4.tests, ...rsm.tests];
  const among = (...words: string[]): string[] => selectTests(words, all, lab3.tests).map(({ id }) => id);
  expect(among()).toHaveLength(28);
  expect(among('basic')).toEqual(['TestBasicAgree3B']);
  expect(among('basic4A')).toEqual(['TestBasic4A']);
  expect(among('rsm.basic', 'rsm.TestSnapshot4C')).toEqual(['rsm.TestBasic4A', 'rsm.TestSnapshot4C']);
  expect([among('4A').length, among('4b').length, among('rsm').length]).toEqual([14, 9, 8]);
  expect(() => among('speed')).toThrow("'speed' could be TestSpeed4A, TestSpeed4B. Write more of the name.");
});
