// Events as sentences and fields, and the search over them.
import { expect, test } from 'vitest';
import { fieldsOf, formatDuration, describeEvent } from '#src/model/describe';
import { makeRun } from '#src/model/run';
import { Search } from '#src/model/search';
import { failingStory, Story } from '../story.ts';

const run = makeRun(failingStory());

test('each kind of event has its own sentence', () => {
  const sentences = new Map(run.events.map(({ kind }, offset) => [kind, describeEvent(run, offset)]));
  expect(Object.fromEntries(sentences)).toEqual({
    step: 'Step: the old leader comes back',
    start: 'Server 2 starts',
    state: 'Server 1: entry 2 of term 2',
    send: 'Server 1 sends AppendEntries to server 0',
    receive: 'Server 1 receives the reply to RequestVote from server 2, 10 ms after it was sent',
    propose: 'Server 2 rejects the proposal "x=4"',
    lose: 'RequestVote from server 1 to server 0 is lost: the receiver is disconnected',
    apply: 'Server 1 applies index 2: "x=3"',
    disconnect: 'Server 0 is disconnected',
    cut: 'The link from server 1 to server 0 is cut',
    network: 'The network is now: unreliable',
    pause: 'Server 1 stalls',
    resume: 'Server 1 resumes',
    crash: 'Server 2 crashes',
    connect: 'Server 0 is connected',
    join: 'The link from server 1 to server 0 is restored',
    log: 'Server 1 logs [LEAD] sending index 2',
    // Its message is a field, and above the chart.
    failure: 'Failure at server 1: State Machine Safety',
  });
});

test('a noop has a sentence of its own', () => {
  const other = makeRun(new Story().add({ kind: 'apply', server: 0, index: 3, isNoop: true }).file());
  expect(describeEvent(other, 0)).toBe('Server 0 applies index 3: a noop');
});

test('a snapshot, and a message that was sent before the trace, have sentences', () => {
  const other = makeRun(new Story().add({ kind: 'apply', server: 0, index: 20 }).receive(5).file());
  expect(describeEvent(other, 0)).toBe('Server 0 applies a snapshot up to index 20');
  expect(describeEvent(other, 1)).toBe('A message that was sent before the first recorded event arrives');
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
])('%d ms is formatted as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('a search finds events that contain all its words, in any case and with parts of any size', () => {
  const search = new Search(run, 'LOST appendentries');
  while (!search.isDone) search.advance(3);
  expect(search.matches.map((offset) => describeEvent(run, offset))).toEqual([
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
])('%j matches whole names and whole numbers', (query, found) => {
  const story = new Story();
  for (const fields of [{ term: 3 }, { term: 30 }, { term: 5, lastLogTerm: 3 }]) {
    story.send('RequestVote', 0, 1, fields);
  }
  story.send('Put', 0, 1, { term: 3, command: '"x=(3)"' });
  const search = new Search(makeRun(story.file()), query);
  search.advance(10);
  expect(search.matches).toEqual(found);
});
