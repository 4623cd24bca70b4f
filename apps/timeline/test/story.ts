// Traces for the tests: a short scripted run of three servers that ends in a failure, the same run without recorded state, and long
// generated ones.
import type { MessageFields, TraceEvent, TraceEventBody, TraceFile } from '@raftlab/trace/form';
import { Random } from '@raftlab/runtime';

/** Builds a trace. Times are milliseconds. */
export class Story {
  readonly events: TraceEvent[] = [];
  #now = 0;
  #nextId = 1;
  readonly #requests = new Map<number, { name: string; from: number; to: number }>();

  /** Sets the current time. */
  at(ms: number): this {
    this.#now = ms;
    return this;
  }

  /** Adds events at the current time. */
  add(...bodies: readonly TraceEventBody[]): this {
    this.events.push(...bodies.map((body) => ({ ...body, at: this.#now })));
    return this;
  }

  /** Adds the sending of a request and returns its id. */
  send(name: string, from: number, to: number, fields: MessageFields): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#requests.set(id, { name, from, to });
    this.add({ kind: 'send', id, from, to, name, isReply: false, fields });
    return id;
  }

  /** Adds the sending of the reply to a request and returns its id. */
  reply(answers: number, fields: MessageFields): number {
    const request = this.#requests.get(answers);
    if (request === undefined) throw new Error(`No request ${answers} was sent.`);
    const id = this.#nextId;
    this.#nextId += 1;
    const { name, from, to } = request;
    this.add({ kind: 'send', id, from: to, to: from, name, isReply: true, answers, fields });
    return id;
  }

  /** Adds the arrival of a message. */
  receive(id: number): this {
    return this.add({ kind: 'receive', id });
  }

  /** Adds the loss of a message. */
  lose(id: number, why: string): this {
    return this.add({ kind: 'lose', id, why });
  }

  /** The trace file. */
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
 * Server 0 leads term 1 and commits entry 1. It is disconnected, so entry 2 is not replicated. Server 1 leads term 2, server 2
 * crashes, server 0 is connected again, and the test fails.
 */
export function failingStory(): TraceFile {
  return failingRun().file({ outcome: 'failed' });
}

/** The same run without recorded state, as the harness sees other implementations. */
export function foreignStory(): TraceFile {
  const events = failingRun().events.filter(({ kind }) => kind !== 'state' && kind !== 'failure');
  return new Story().file({
    events,
    implementation: '/home/learner/raft.js',
    title: 'TestStory: another Raft',
  });
}

/** The same run without the failure. */
export function passedStory(): TraceFile {
  return new Story().file({ events: failingRun().events.filter(({ kind }) => kind !== 'failure') });
}

function failingRun(): Story {
  const story = new Story();
  story.add({ kind: 'step', text: 'elect a leader' });
  for (const server of [0, 1, 2]) {
    story.add(
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
    .add(
      { kind: 'step', text: 'agree on a command' },
      { kind: 'propose', server: 0, command: '"x=1"', index: 1 },
      { kind: 'state', server: 0, log: { firstIndex: 1, terms: [[1, 1]] } },
    );
  const first = story.send('AppendEntries', 0, 1, { term: 1, prevLogIndex: 0, entries: 1, leaderCommit: 0 });
  const second = story.send('AppendEntries', 0, 2, { term: 1, prevLogIndex: 0, entries: 1, leaderCommit: 0 });
  story.at(272).receive(first);
  story.add({ kind: 'state', server: 1, log: { firstIndex: 1, terms: [[1, 1]] } });
  const acknowledged = story.reply(first, { term: 1, success: true, matchIndex: 1 });
  story.at(275).lose(second, 'the network drops it');
  story.at(284).receive(acknowledged);
  story.add(
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
    .add(
      { kind: 'step', text: 'the leader is cut off' },
      { kind: 'disconnect', server: 0 },
      { kind: 'cut', from: 1, to: 0 },
      { kind: 'propose', server: 0, command: '"x=2"', index: 2 },
      { kind: 'state', server: 0, log: { firstIndex: 2, terms: [[1, 1]] } },
    );
  const lost = story.send('AppendEntries', 0, 1, {
    term: 1,
    prevLogIndex: 1,
    entries: 1,
    leaderCommit: 1,
  });
  story.at(321).lose(lost, 'the sender is disconnected');
  elect(story, { leader: 1, voters: [2], term: 2, at: 540 });
  story.at(600).add({ kind: 'network', text: 'unreliable' }, { kind: 'pause', server: 1 });
  story.at(640).add({ kind: 'resume', server: 1 }, { kind: 'crash', server: 2 });
  story
    .at(700)
    .add(
      { kind: 'step', text: 'the old leader comes back' },
      { kind: 'connect', server: 0 },
      { kind: 'join', from: 1, to: 0 },
      { kind: 'propose', server: 1, command: '"x=3"', index: 2 },
      { kind: 'state', server: 1, log: { firstIndex: 2, terms: [[2, 1]] } },
      { kind: 'propose', server: 2, command: '"x=4"' },
      { kind: 'log', server: 1, topic: 'LEAD', text: 'sending index 2' },
    );
  story.send('AppendEntries', 1, 0, { term: 2, prevLogIndex: 1, entries: 1, leaderCommit: 1 });
  story.at(730).add({ kind: 'apply', server: 1, index: 2, command: '"x=3"' }).at(731).add({
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
  story.at(at).add({ kind: 'state', server: leader, role: 'candidate', term, votedFor: leader });
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
    story.add({ kind: 'state', server: to, term, votedFor: leader, role: 'follower' });
    answers.push(story.reply(id, { term, voteGranted: true }));
  }
  for (const [n, id] of answers.entries()) {
    story.at(at + 20 + n).receive(id);
    if (n === 0) story.add({ kind: 'state', server: leader, role: 'leader' });
  }
}

/** A run of five servers with this many events: commands, replies, losses, elections, snapshots, and a step for each term. */
export function longStory(eventCount: number): TraceFile {
  const longRun = new LongRun();
  longRun.advance(eventCount);
  return longRun.story.file({
    title: 'TestLongStory',
    servers: 5,
    events: longRun.story.events.slice(0, eventCount),
  });
}

const servers = [0, 1, 2, 3, 4] as const;

class LongRun {
  readonly story = new Story();
  readonly #random = Random.fromSeed('long story');
  /** Future actions, in order of time. */
  readonly #queue: Array<{ readonly at: number; readonly act: () => void }> = [];
  #now = 0;
  #term = 0;
  #leader = 0;
  /** The term of every entry of the leader, and how many of these entries each server has. */
  readonly #terms: number[] = [];
  readonly #stored = servers.map(() => 0);

  /** Adds events until there are at least this many. */
  advance(eventCount: number): void {
    for (const server of servers) {
      const state = { role: 'follower', term: 0, votedFor: null, commitIndex: 0, lastApplied: 0 } as const;
      this.story.add({ kind: 'start', server }, { kind: 'state', server, ...state });
    }
    this.#after(10, () => this.#elect());
    while (this.story.events.length < eventCount) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#now = next.at;
      this.story.at(next.at);
      next.act();
    }
  }

  #after(ms: number, act: () => void): void {
    const at = this.#now + ms;
    const offset = this.#queue.findIndex((entry) => entry.at > at);
    this.#queue.splice(offset === -1 ? this.#queue.length : offset, 0, { at, act });
  }

  /** Sends a request, then its reply. One message in ten is lost. */
  #call(name: string, to: number, { fields, act, reply }: Call): void {
    const deliver = (id: number, arrive: () => void): void =>
      this.#after(this.#random.uniform(1, 18), () => {
        if (this.#random.chance(1, 10)) return void this.story.lose(id, 'the network drops it');
        this.story.receive(id);
        arrive();
      });
    const id = this.story.send(name, this.#leader, to, fields);
    deliver(id, () => {
      act();
      deliver(this.story.reply(id, reply), () => undefined);
    });
  }

  #elect(): void {
    this.#term += 1;
    const term = this.#term;
    this.story.add(
      { kind: 'step', text: `term ${term} begins` },
      { kind: 'state', server: this.#leader, role: 'follower' },
    );
    this.#leader = this.#random.int(0, 4);
    const votedFor = this.#leader;
    this.#store(votedFor);
    this.story.add({ kind: 'state', server: votedFor, role: 'candidate', term, votedFor });
    for (const to of this.#followers()) {
      this.#call('RequestVote', to, {
        fields: { term, candidateId: votedFor, lastLogIndex: this.#terms.length },
        act: () => this.story.add({ kind: 'state', server: to, term, votedFor }),
        reply: { term, voteGranted: true },
      });
    }
    this.#after(40, () => {
      this.story.add({ kind: 'state', server: votedFor, role: 'leader' });
      this.#agree();
    });
  }

  #agree(): void {
    const [server, term] = [this.#leader, this.#term];
    const prevLogIndex = this.#terms.length;
    const index = this.#terms.push(term);
    this.story.add({ kind: 'propose', server, command: String(index), index });
    this.#store(server);
    const commit = { commitIndex: prevLogIndex, lastApplied: prevLogIndex };
    this.story.add({ kind: 'state', server, ...commit });
    for (const to of this.#followers()) {
      this.#call('AppendEntries', to, {
        fields: { term, prevLogIndex, entries: 1, leaderCommit: prevLogIndex },
        act: () => {
          this.#store(to);
          this.story.add({ kind: 'state', server: to, ...commit });
        },
        reply: { term, success: true, matchIndex: index },
      });
    }
    if (index % 200 === 0) {
      for (const to of servers.filter((other) => (this.#stored[other] ?? 0) > index - 20)) {
        this.story.add({ kind: 'state', server: to, lastIncludedIndex: index - 20, lastIncludedTerm: term });
      }
    }
    this.#after(20, () => (this.#random.chance(1, 40) ? this.#elect() : this.#agree()));
  }

  /** The server now has all entries of the leader. */
  #store(server: number): void {
    const known = this.#stored[server] ?? 0;
    if (known === this.#terms.length) return;
    this.#stored[server] = this.#terms.length;
    const terms = this.#terms.slice(known).map((term) => [term, 1] as const);
    this.story.add({ kind: 'state', server, log: { firstIndex: known + 1, terms } });
  }

  #followers(): number[] {
    return servers.filter((server) => server !== this.#leader);
  }
}

interface Call {
  readonly fields: MessageFields;
  readonly act: () => void;
  readonly reply: MessageFields;
}
