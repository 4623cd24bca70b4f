// The suites that the command line grades. All other modules treat tests, parts and columns as data.
import { lab3, lab4, rsm, type GradedTest, type Suite } from '@raftlab/test-harness';

export const suites: readonly Suite[] = [lab3, lab4, rsm];

/** What is graded when no test is named. */
export const defaultTests: readonly GradedTest[] = lab3.tests;

/** Suite by suite, each in its lab's order. */
export const allTests: readonly GradedTest[] = suites.flatMap(({ tests }) => tests);

/** E.g. `MIT 6.5840 Lab 3`. */
export const suiteTitles: string = new Intl.ListFormat('en').format(suites.map(({ title }) => title));

/** E.g. `3A, 3B, 3C, 3D, 4A, 4B, rsm`. */
export const partIds: string = suites
  .flatMap(({ parts }) => parts)
  .map(({ id }) => id)
  .join(', ');

/** For threads, which get tests by name because scripts cannot cross threads. */
export function testById(id: string): GradedTest {
  const test = allTests.find((candidate) => candidate.id === id);
  if (test === undefined) throw new Error(`there is no test ${id}; \`grade --list\` lists them`);
  return test;
}

/** The suite of this part. */
export function suiteOf({ part }: Pick<GradedTest, 'part'>): Suite {
  const suite = suites.find(({ parts }) => parts.some(({ id }) => id === part));
  if (suite === undefined) throw new Error(`there is no part ${part}; parts are ${partIds}`);
  return suite;
}
