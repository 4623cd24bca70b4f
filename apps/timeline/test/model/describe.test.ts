// Every kind of event in words.
import { expect, test } from 'vitest';
import { fieldsOf, formatDuration, sentence } from '#src/model/describe';
import { makeRun } from '#src/model/run';
import { Search } from '#src/model/search';
import { failingStory, Story } from '../story.ts';

const run = makeRun(failingStory());

test('each kind of event has a sentence of its own', () => {
  const told = new Map(run.events.map(({ kind }, offset) => [kind, sentence(run, offset)]));
  expect(Object.fromEntries(told)).toEqual({
    step: 'Step: the old leader comes back',
    start: 'Server 2 starts',
    state: 'Server 1: entry 2 of term 2',
    send: 'Server 1 sends AppendEntries to server 0',
    receive: 'Server 1 receives the reply to RequestVote from server 2, 10 ms on its way',
    propose: 'Server 2 is offered "x=4": not taken',
    lose: 'RequestVote from server 1 to server 0 is lost: the receiver is disconnected',
    apply: 'Server 1 applies index 2: "x=3"',
    disconnect: 'Server 0 is disconnected',
    cut: 'The link from server 1 to server 0 is cut',
    network: 'The network is now: unreliable',
    pause: 'Server 1 stalls',
    resume: 'Server 1 goes on',
    crash: 'Server 2 crashes',
    connect: 'Server 0 is connected',
    join: 'The link from server 1 to server 0 is joined',
    log: 'Server 1 writes [LEAD] sending index 2',
    failure:
      'Failure at server 1: State Machine Safety: server 1 applied index 2, which no majority has stored',
  });
});

test('a snapshot, and a message from before the trace, are said so', () => {
  const other = makeRun(new Story().tell({ kind: 'apply', server: 0, index: 20 }).receive(5).file());
  expect(sentence(other, 0)).toBe('Server 0 hands its service a snapshot up to index 20');
  expect(sentence(other, 1)).toBe('A message that was sent before the trace begins arrives');
});

test('the end of a message has the fields of the message', () => {
  const offset = run.events.findIndex(({ kind }) => kind === 'lose');
  expect(fieldsOf(run, offset)).toEqual([
    { name: 'at', value: '275 ms' },
    { name: 'id', value: '6' },
    { name: 'why', value: 'the network drops it' },
    { name: 'term', value: '1' },
    { name: 'prevLogIndex', value: '0' },
    { name: 'entries', value: '1' },
    { name: 'leaderCommit', value: '0' },
  ]);
});

test.each([
  [0.4, '0.4 ms'],
  [12.345, '12.3 ms'],
  [2050, '2.05 s'],
])('%d ms is written %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('a search finds what says all its words, in any case and any portion', () => {
  const search = new Search(run, 'LOST appendentries');
  while (!search.isDone) search.advance(3);
  expect(search.matches.map((offset) => sentence(run, offset))).toEqual([
    'AppendEntries from server 0 to server 2 is lost: the network drops it',
    'AppendEntries from server 0 to server 1 is lost: the sender is disconnected',
  ]);
  const fields = new Search(run, 'term=2 voteGranted=true');
  fields.advance(1000);
  expect(fields.matches).toHaveLength(2);
  expect(new Search(run, '  ').isDone).toBe(true);
});

test.each([
  ['term=3', [0, 3]],
  ['TERM=30', [1]],
  ['logterm=3', []],
  ['lastlogterm=3', [2]],
  ['term=', [0, 1, 2, 3]],
  ['term', [0, 1, 2, 3]],
  ['x=(3', [3]],
])('of a name and a number, %j finds the whole', (query, found) => {
  const story = new Story();
  for (const fields of [{ term: 3 }, { term: 30 }, { term: 5, lastLogTerm: 3 }]) {
    story.send('RequestVote', 0, 1, fields);
  }
  story.send('Put', 0, 1, { term: 3, command: '"x=(3)"' });
  const search = new Search(makeRun(story.file()), query);
  search.advance(10);
  expect(search.matches).toEqual(found);
});
