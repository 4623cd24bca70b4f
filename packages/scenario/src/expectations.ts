// The checks of a scenario: each compares the state with the expected facts in the file, and reports the difference.
import type { Command, Facts, Link } from './command.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import { ScenarioProblem } from './scenario-error.ts';
import { progressFacts, serverFacts } from './state-text.ts';

export type Expectation = Extract<
  Command,
  { kind: 'expect-server' | 'expect-progress' | 'expect-no-message' | 'expect-message' | 'expect-read' }
>;

/** Throws ScenarioProblem if the expectation is not met. */
export function checkExpectation(expectation: Expectation, cluster: ScenarioCluster): void {
  switch (expectation.kind) {
    case 'expect-server': {
      const state = cluster.running(expectation.server)?.state;
      const actual = state === undefined ? new Map([['role', 'down']]) : serverFacts(state);
      compare(`server ${expectation.server}`, expectation.facts, actual);
      break;
    }
    case 'expect-progress': {
      const { server, follower, facts } = expectation;
      const standing = cluster.running(server)?.state.standing;
      const progress = standing?.role === 'leader' ? standing.progress.get(follower) : undefined;
      if (progress === undefined)
        throw new ScenarioProblem(
          `server ${server} does not lead, so it has no progress of server ${follower}`,
        );
      compare(`progress of ${follower} on server ${server}`, facts, progressFacts(progress));
      break;
    }
    case 'expect-read': {
      const { server, id, outcome } = expectation;
      const found = cluster.running(server)?.outcomeOf(id) ?? 'unknown';
      if (found !== outcome)
        throw new ScenarioProblem(`read ${id} of server ${server}: expected ${outcome}, found ${found}`);
      break;
    }
    case 'expect-no-message':
      checkNoMessage(expectation.link, cluster);
      break;
    case 'expect-message': {
      const found = cluster.messagesOn(expectation.link);
      if (!found.includes(expectation.message)) {
        throw new ScenarioProblem(
          `expected the message \`${expectation.message}\`; on the link: ${found.join('; ') || 'nothing'}`,
        );
      }
      break;
    }
  }
}

function checkNoMessage(link: Link | undefined, cluster: ScenarioCluster): void {
  const found = cluster.messagesOn(link);
  if (found.length > 0) throw new ScenarioProblem(`expected no message; in flight: ${found.join('; ')}`);
}

function compare(what: string, expected: Facts, actual: Facts): void {
  for (const [name, value] of expected) {
    if (actual.get(name) === value) continue;
    throw new ScenarioProblem(
      `${what}: expected ${name} ${value}, found ${name} ${actual.get(name) ?? 'unknown'}`,
    );
  }
}
