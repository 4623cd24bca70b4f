// Traces made by hand: a short scripted story of three servers that ends in a failure, the same as another implementation
// would tell it, and long ones for volume.
import type { MessageFields, TraceEvent, TraceEventBody, TraceFile } from '@raftlab/protocol';
import { Random } from '@raftlab/runtime';

export class Story {
  readonly events: TraceEvent[] = [];
  #now = 0;
  #nextId = 1;

  at(ms: number): this {
    this.#now = ms;
    return this;
  }

  tell(...bodies: readonly TraceEventBody[]): this {
    this.events.push(...bodies.map((body) => ({ ...body, at: this.#now })));
    return this;
  }

  send(name: string, from: number, to: number, fields: MessageFields): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.tell({ kind: 'send', id, from, to, name, isReply: false, fields });
    return id;
  }

  reply(answers: number, fields: MessageFields): number {
    const request = this.events.find((event) => event.kind === 'send' && event.id === answers);
    if (request?.kind !== 'send') throw new Error(`No request ${answers} was sent.`);
    const id = this.#nextId;
    this.#nextId += 1;
    const { name, from, to } = request;
    this.tell({ kind: 'send', id, from: to, to: from, name, isReply: true, answers, fields });
    return id;
  }

  receive(id: number): this {
    return this.tell({ kind: 'receive', id });
  }

  lose(id: number, why: string): this {
    return this.tell({ kind: 'lose', id, why });
  }

  file(changes: Partial<TraceFile> = {}): TraceFile {
    return {
      format: 'raftlab-trace',
      version: 1,
      title: 'TestStory: a story of three servers',
      implementation: 'story',
      seed: 7,
      mode: 'virtual',
      replay: 'npm run grade -- TestStory --seed 7',
      servers: 3,
      outcome: 'passed',
      droppedEvents: 0,
      events: this.events,
      ...changes,
    };
  }
}

/**
 * Server 0 leads term 1 and commits entry 1; entry 2 reaches nobody, since server 0 is disconnected; server 1 leads term 2,
 * and server 2 crashes; server 0 comes back, and the test fails.
 */
export function failingStory(): TraceFile {
  return tell().file({ outcome: 'failed' });
}

/** Nothing of state: what the harness sees of any implementation. */
export function foreignStory(): TraceFile {
  const events = tell().events.filter(({ kind }) => kind !== 'state' && kind !== 'failure');
  return new Story().file({
    events,
    implementation: '/home/learner/raft.js',
    title: 'TestStory: another Raft',
  });
}

export function passedStory(): TraceFile {
  return new Story().file({ events: tell().events.filter(({ kind }) => kind !== 'failure') });
}

function tell(): Story {
  const story = new Story();
  story.tell({ kind: 'step', text: 'elect a leader' });
  for (const server of [0, 1, 2]) {
    story.tell(
      { kind: 'start', server },
      {
        kind: 'state',
        server,
        role: 'follower',
        term: 0,
        votedFor: null,
        commitIndex: 0,
        lastApplied: 0,
        lastIncludedIndex: 0,
        lastIncludedTerm: 0,
        log: { firstIndex: 1, terms: [] },
      },
    );
  }
  elect(story, { leader: 0, voters: [1, 2], term: 1, at: 200 });
  story
    .at(260)
    .tell(
      { kind: 'step', text: 'agree on a command' },
      { kind: 'propose', server: 0, command: '"x=1"', index: 1 },
      { kind: 'state', server: 0, log: { firstIndex: 1, terms: [[1, 1]] } },
    );
  const first = story.send('AppendEntries', 0, 1, { term: 1, prevLogIndex: 0, entries: 1, leaderCommit: 0 });
  const second = story.send('AppendEntries', 0, 2, { term: 1, prevLogIndex: 0, entries: 1, leaderCommit: 0 });
  story.at(272).receive(first);
  story.tell({ kind: 'state', server: 1, log: { firstIndex: 1, terms: [[1, 1]] } });
  const acknowledged = story.reply(first, { term: 1, success: true, matchIndex: 1 });
  story.at(275).lose(second, 'the network drops it');
  story.at(284).receive(acknowledged);
  story.tell(
    {
      kind: 'state',
      server: 0,
      commitIndex: 1,
      lastApplied: 1,
      progress: [{ server: 1, nextIndex: 2, matchIndex: 1 }],
    },
    { kind: 'apply', server: 0, index: 1, command: '"x=1"' },
  );
  story
    .at(320)
    .tell(
      { kind: 'step', text: 'the leader is cut off' },
      { kind: 'disconnect', server: 0 },
      { kind: 'cut', from: 1, to: 0 },
      { kind: 'propose', server: 0, command: '"x=2"', index: 2 },
      { kind: 'state', server: 0, log: { firstIndex: 2, terms: [[1, 1]] } },
    );
  const unheard = story.send('AppendEntries', 0, 1, {
    term: 1,
    prevLogIndex: 1,
    entries: 1,
    leaderCommit: 1,
  });
  story.at(321).lose(unheard, 'the sender is disconnected');
  elect(story, { leader: 1, voters: [2], term: 2, at: 540 });
  story.at(600).tell({ kind: 'network', text: 'unreliable' }, { kind: 'pause', server: 1 });
  story.at(640).tell({ kind: 'resume', server: 1 }, { kind: 'crash', server: 2 });
  story
    .at(700)
    .tell(
      { kind: 'step', text: 'the old leader comes back' },
      { kind: 'connect', server: 0 },
      { kind: 'join', from: 1, to: 0 },
      { kind: 'propose', server: 1, command: '"x=3"', index: 2 },
      { kind: 'state', server: 1, log: { firstIndex: 2, terms: [[2, 1]] } },
      { kind: 'propose', server: 2, command: '"x=4"' },
      { kind: 'log', server: 1, topic: 'LEAD', text: 'sending index 2' },
    );
  story.send('AppendEntries', 1, 0, { term: 2, prevLogIndex: 1, entries: 1, leaderCommit: 1 });
  story.at(730).tell({ kind: 'apply', server: 1, index: 2, command: '"x=3"' }).at(731).tell({
    kind: 'failure',
    name: 'State Machine Safety',
    message: 'server 1 applied index 2, which no majority has stored',
    server: 1,
  });
  return story;
}

interface Election {
  readonly leader: number;
  readonly voters: readonly number[];
  readonly term: number;
  readonly at: number;
}

function elect(story: Story, { leader, voters, term, at }: Election): void {
  story.at(at).tell({ kind: 'state', server: leader, role: 'candidate', term, votedFor: leader });
  const asked = [0, 1, 2]
    .filter((server) => server !== leader)
    .map((to) => ({
      to,
      id: story.send('RequestVote', leader, to, { term, candidateId: leader, lastLogIndex: 0 }),
    }));
  const answers: number[] = [];
  for (const { to, id } of asked) {
    story.at(at + 8 + to);
    if (!voters.includes(to)) {
      story.lose(id, 'the receiver is disconnected');
      continue;
    }
    story.receive(id);
    story.tell({ kind: 'state', server: to, term, votedFor: leader, role: 'follower' });
    answers.push(story.reply(id, { term, voteGranted: true }));
  }
  for (const [n, id] of answers.entries()) {
    story.at(at + 20 + n).receive(id);
    if (n === 0) story.tell({ kind: 'state', server: leader, role: 'leader' });
  }
}

/** So many events of five servers: heartbeats, replies, losses, growing logs, elections, snapshots, a step now and then. */
export function longStory(eventCount: number): TraceFile {
  const random = Random.fromSeed('long story');
  const story = new Story();
  const servers = [0, 1, 2, 3, 4];
  for (const server of servers) {
    story.tell(
      { kind: 'start', server },
      {
        kind: 'state',
        server,
        role: server === 0 ? 'leader' : 'follower',
        term: 1,
        votedFor: 0,
        commitIndex: 0,
        lastApplied: 0,
      },
    );
  }
  const pending: Array<{ at: number; act: () => void }> = [];
  let now = 0;
  let term = 1;
  let leader = 0;
  let lastIndex = 0;
  const after = (ms: number, act: () => void): void => {
    pending.push({ at: now + ms, act });
    pending.sort((a, b) => a.at - b.at);
  };
  const heartbeat = (): void => {
    if (random.chance(1, 40)) {
      story.tell({ kind: 'state', server: leader, role: 'follower' });
      term += 1;
      leader = random.int(0, 4);
      story.tell({ kind: 'step', text: `term ${term} begins` });
      for (const server of servers) story.tell({ kind: 'state', server, term, votedFor: leader });
      story.tell({ kind: 'state', server: leader, role: 'leader' });
    }
    lastIndex += 1;
    const index = lastIndex;
    const leads = term;
    story.tell(
      { kind: 'propose', server: leader, command: String(index), index },
      { kind: 'state', server: leader, log: { firstIndex: index, terms: [[term, 1]] } },
    );
    for (const to of servers.filter((server) => server !== leader)) {
      const id = story.send('AppendEntries', leader, to, {
        term,
        prevLogIndex: index - 1,
        entries: 1,
        leaderCommit: index - 1,
      });
      const isLost = random.chance(1, 10);
      after(random.uniform(1, 25), () => {
        if (isLost) return void story.lose(id, 'the network drops it');
        story.receive(id);
        story.tell({
          kind: 'state',
          server: to,
          log: { firstIndex: index, terms: [[leads, 1]] },
          commitIndex: index - 1,
        });
      });
    }
    if (index % 200 === 0) {
      for (const server of servers) {
        story.tell({ kind: 'state', server, lastIncludedIndex: index - 20, lastIncludedTerm: term });
      }
    }
    after(20, heartbeat);
  };
  after(1, heartbeat);
  while (story.events.length < eventCount) {
    const next = pending.shift();
    if (next === undefined) break;
    now = next.at;
    story.at(now);
    next.act();
  }
  return story.file({ title: 'TestLongStory', servers: 5, events: story.events.slice(0, eventCount) });
}
