// What a learner does after all tests of Lab 3 have passed: the tests let some mistakes pass that the simulation finds.
import { commandName } from '../command-name.ts';
import { quoted } from '../quoted.ts';
import type { GradeRequest } from './request.ts';
import { defaultTests } from './suites.ts';

/** Empty unless every test of Lab 3 was graded, with a Raft of the learner's own. The caller knows that all of them passed. */
export function nextStepLine({
  implementation,
  tests,
  shard,
}: Pick<GradeRequest, 'implementation' | 'tests' | 'shard'>): string[] {
  if (implementation === undefined || implementation.isOnOurRaft || shard.count > 1) return [];
  if (!defaultTests.every((test) => tests.includes(test))) return [];
  const command = `${commandName('simulate')} --impl ${quoted(implementation.path)}`;
  return [`next         ${command}    # crashes and losses at any moment`];
}
