// Building a run: lanes, messages, keyframes, and traces that contradict themselves.
import { describe, expect, test } from 'vitest';
import { spansWithin } from '#src/model/lane';
import { messagesWithin } from '#src/model/messages';
import { keyframeInterval, makeRun, RunBuilder } from '#src/model/run';
import { neighbour, nextOffset, offsetAt, statesAt } from '#src/model/seek';
import { applyEvent, notStarted, type ServerState } from '#src/model/server-state';
import { failingStory, foreignStory, longStory, Story } from '../story.ts';

describe('seeking', () => {
  const { events } = longStory(2 * keyframeInterval + 7);
  const run = makeRun(longStory(2 * keyframeInterval + 7));

  test('the states at any event are the same as after replaying from the beginning', () => {
    const states: ServerState[] = Array.from({ length: 5 }, () => notStarted);
    for (const [offset, event] of events.entries()) {
      applyEvent(states, event);
      if (offset % 11 === 0) expect(statesAt(run, offset), `after event ${offset}`).toEqual(states);
    }
  });

  test('a time leads to the last event at or before it', () => {
    expect(offsetAt(run, -1)).toBe(0);
    expect(offsetAt(run, run.end + 1)).toBe(events.length - 1);
    for (const at of [0, 1, 20, 333.3, run.end / 2]) {
      const offset = offsetAt(run, at);
      expect(run.times[offset]).toBeLessThanOrEqual(at);
      expect(run.times[offset + 1]).toBeGreaterThan(at);
    }
  });

  test('a neighbour is the nearest event on that side that passes', () => {
    const isThird = (offset: number): boolean => offset % 3 === 0;
    expect(neighbour(run, { offset: 4, direction: 1 }, isThird)).toBe(6);
    expect(neighbour(run, { offset: 6, direction: -1 }, isThird)).toBe(3);
    expect(neighbour(run, { offset: 0, direction: -1 }, isThird)).toBeUndefined();
  });

  test('the next of a list of offsets is found in both directions', () => {
    const offsets = [3, 8, 20];
    expect([-1, 3, 4, 8, 20].map((offset) => nextOffset(offsets, offset, 1))).toEqual([
      3,
      8,
      8,
      20,
      undefined,
    ]);
    expect([25, 20, 9, 8, 3].map((offset) => nextOffset(offsets, offset, -1))).toEqual([
      20,
      8,
      8,
      3,
      undefined,
    ]);
  });
});

test('in a run without events no server has started', () => {
  const run = makeRun(new Story().file());
  expect(statesAt(run, 0)).toEqual([notStarted, notStarted, notStarted]);
});

test('a trace with missing events is rejected', () => {
  const { events, ...header } = failingStory();
  const builder = new RunBuilder(header, events.length);
  builder.add(events.slice(0, 20));
  expect(() => builder.finish()).toThrow(`It must have ${events.length} events, but has 20.`);
});

test('a restart clears the volatile state and keeps the log', () => {
  const run = makeRun(
    new Story()
      .add({ kind: 'start', server: 0 })
      .add({
        kind: 'state',
        server: 0,
        role: 'leader',
        term: 3,
        commitIndex: 2,
        log: { firstIndex: 1, terms: [[3, 2]] },
      })
      .at(10)
      .add({ kind: 'crash', server: 0 })
      .at(20)
      .add({ kind: 'start', server: 0 })
      .file({ servers: 1 }),
  );
  expect(statesAt(run, 2)[0]).toMatchObject({ life: 'down', term: 3, commitIndex: 2 });
  expect(statesAt(run, 3)[0]).toMatchObject({ life: 'up', term: undefined, commitIndex: undefined });
  expect(statesAt(run, 3)[0]?.log).toEqual([{ firstIndex: 1, term: 3, count: 2 }]);
});

test('progress is cleared when the role or the term changes', () => {
  const progress = [{ server: 1, nextIndex: 2, matchIndex: 1 }];
  const story = new Story()
    .add({ kind: 'state', server: 0, role: 'leader', term: 1, progress })
    .add({ kind: 'state', server: 0, commitIndex: 1 })
    .add({ kind: 'state', server: 0, role: 'follower', term: 2 })
    .add({ kind: 'state', server: 0, role: 'leader' });
  const run = makeRun(story.file());
  expect([0, 1, 2, 3].map((offset) => statesAt(run, offset)[0]?.progress)).toEqual([
    progress,
    progress,
    [],
    [],
  ]);
});

test('lanes have the role, term, process and links of their server, without gaps', () => {
  const run = makeRun(failingStory());
  for (const lane of run.lanes) {
    for (const [n, span] of lane.entries()) {
      if (n > 0) expect(span.from).toBe(lane[n - 1]?.to);
    }
    expect(lane.at(-1)?.to).toBe(run.end);
  }
  const [first = [], second = [], third = []] = run.lanes;
  const asLeader = first.filter(({ role }) => role === 'leader').map(({ isConnected }) => isConnected);
  expect(asLeader).toEqual([true, false, true]);
  expect(spansWithin(second, 600, 639).map(({ life }) => life)).toContain('stalled');
  expect(spansWithin(second, 330, 400).map(({ cutCount }) => cutCount)).toEqual([1]);
  expect(third.at(-1)?.life).toBe('down');
});

test('messagesWithin returns every message that is in flight in the window', () => {
  const run = makeRun(longStory(4000));
  const { messages } = run;
  const [from, to] = [run.end / 3, run.end / 3 + 50];
  const { first, end } = messagesWithin(messages, from, to);
  for (let number = 0; number < messages.count; number += 1) {
    const sentAt = messages.sentAt[number] ?? 0;
    const endedAt = messages.endedAt[number] ?? 0;
    const meets = sentAt <= to && (Number.isNaN(endedAt) ? sentAt : endedAt) >= from;
    if (meets) expect(number >= first && number < end, `message ${number}`).toBe(true);
  }
  expect(end - first).toBeLessThan(messages.count / 4);
});

test('a trace without states has messages, starts and crashes, and the terms of its messages', () => {
  const run = makeRun(foreignStory());
  expect(run.messages.count).toBeGreaterThan(5);
  expect(run.lanes[2]?.map(({ life, term }) => [life, term])).toEqual([
    ['up', undefined],
    ['up', 1],
    ['up', 2],
    ['down', 2],
  ]);
  expect(statesAt(run, 0)[0]?.term).toBeUndefined();
  expect(statesAt(run, run.events.length - 1)[0]?.log).toBeUndefined();
});

test('a message whose sending was not recorded has an end', () => {
  const run = makeRun(new Story().receive(99).file({ droppedEvents: 12 }));
  expect(run.messageOf[0]).toBe(-1);
});

describe('a trace that contradicts itself', () => {
  test('an event that is earlier than the one before it is reported', () => {
    const story = new Story().at(5).add({ kind: 'start', server: 0 }).at(4).add({ kind: 'crash', server: 0 });
    expect(() => makeRun(story.file())).toThrow('events[1] is earlier than the event before it, at 4 ms.');
  });

  test('a server that the run does not have is reported', () => {
    const story = new Story().add({ kind: 'cut', from: 0, to: 3 });
    expect(() => makeRun(story.file())).toThrow(
      'events[0] names server 3, but the run has 3 servers, numbered from 0.',
    );
  });
});

describe('a Raft that does not report its state', () => {
  const begin = (): Story =>
    new Story().add({ kind: 'start', server: 0 }, { kind: 'start', server: 1 }, { kind: 'start', server: 2 });

  /** Role, term and vote of a server at the end, and since when they are known. */
  function endOf(story: Story, server: number): Partial<ServerState> | undefined {
    const run = makeRun(story.file());
    const { role, term, votedFor, asOf } = statesAt(run, run.events.length - 1)[server] ?? notStarted;
    return { role, term, votedFor, asOf };
  }

  test('has the roles and terms that its messages prove', () => {
    const story = begin().at(10);
    const asked = story.send('RequestVote', 0, 1, { term: 3, candidateId: 0 });
    expect(endOf(story, 0)).toEqual({ role: 'candidate', term: 3, votedFor: 0, asOf: 10 });
    expect(endOf(story, 1)).toEqual({
      role: undefined,
      term: undefined,
      votedFor: undefined,
      asOf: undefined,
    });
    story.at(12).reply(asked, { term: 3, voteGranted: true });
    expect(endOf(story, 1)).toEqual({ role: 'follower', term: 3, votedFor: 0, asOf: 12 });
    story.at(14).send('AppendEntries', 0, 1, { Term: 3, Entries: 0 });
    expect(endOf(story, 0)).toMatchObject({ role: 'leader', term: 3, asOf: 14 });
    story.at(20).add({ kind: 'step', text: 'end' });
    const run = makeRun(story.file());
    expect(run.lanes[0]?.map(({ role, term, from }) => [role, term, from])).toEqual([
      [undefined, undefined, 0],
      ['candidate', 3, 10],
      ['leader', 3, 14],
    ]);
  });

  test('follows when its reply has a higher term, and an older message that it still sends changes nothing', () => {
    const story = begin().at(10);
    story.send('AppendEntries', 0, 1, { term: 3, entries: 0 });
    const newer = story.at(20).send('AppendEntries', 2, 0, { term: 5, entries: 0 });
    story.at(21).reply(newer, { term: 5, success: false });
    expect(endOf(story, 0)).toEqual({ role: 'follower', term: 5, votedFor: undefined, asOf: 21 });
    story.at(30).send('AppendEntries', 0, 1, { term: 3, entries: 0 });
    expect(endOf(story, 0)).toMatchObject({ role: 'follower', term: 5, asOf: 21 });
    // A refusal in the same term says nothing about the role.
    const asked = story.at(40).send('RequestVote', 0, 2, { term: 5 });
    story.at(41).reply(asked, { term: 5, voteGranted: false });
    expect(endOf(story, 2)).toMatchObject({ role: 'leader', term: 5, asOf: 41 });
  });

  test('what the test was told is shown too, but a candidate stays one', () => {
    const story = begin().at(10);
    story.send('RequestVote', 0, 1, { term: 2, candidateId: 0 });
    story.at(20).add({ kind: 'state', server: 0, role: 'follower', term: 2 });
    expect(endOf(story, 0)).toMatchObject({ role: 'candidate', term: 2, asOf: 20 });
    story.at(30).add({ kind: 'state', server: 0, role: 'follower', term: 3 });
    expect(endOf(story, 0)).toMatchObject({ role: 'follower', term: 3, asOf: 30 });
  });

  test('a pre-vote, a message with another name, and a server that reports its state are left as they are', () => {
    const story = begin().at(10);
    story.send('RequestVote', 0, 1, { term: 2, preVote: true });
    story.send('Gossip', 0, 1, { term: 2 });
    expect(endOf(story, 0)).toMatchObject({ role: undefined, term: undefined });
    story.add({ kind: 'state', server: 1, role: 'follower', term: 1, commitIndex: 0 });
    story.send('AppendEntries', 1, 0, { term: 9, entries: 0 });
    expect(endOf(story, 1)).toEqual({ role: 'follower', term: 1, votedFor: undefined, asOf: undefined });
  });
});
