// Parses one line of a scenario into a command. The error for an invalid line lists the valid words.
import type { Command, Facts, InitialServer, Pick } from './command.ts';
import { formatEntry, type EntrySketch } from './entry-text.ts';
import { Words } from './words.ts';

const commandNames = [
  'servers',
  'noops',
  'pre-votes',
  'lease-reads',
  'limit',
  'server',
  'timeout',
  'heartbeat',
  'wait',
  'propose',
  'deliver',
  'drop',
  'duplicate',
  'unreachable',
  'send',
  'read',
  'transfer',
  'crash',
  'restart',
  'disk',
  'snapshot',
  'expect',
  'briefly',
] as const;

type CommandName = (typeof commandNames)[number];

const readers: Readonly<Record<CommandName, (words: Words) => Command>> = {
  servers: (words: Words): Command => {
    const count = words.number('the number of servers');
    return { kind: 'servers', count, learners: words.skip('learners') ? words.numbers() : [] };
  },
  noops: (): Command => ({ kind: 'noops' }),
  'pre-votes': (): Command => ({ kind: 'pre-votes' }),
  'lease-reads': (): Command => ({ kind: 'lease-reads' }),
  limit: (words: Words): Command => {
    const setting = words.oneOf(['window', 'entries']);
    return { kind: 'limit', setting, value: words.number('the limit') };
  },
  server: (words: Words): Command => {
    const server = words.number('a server');
    return { kind: 'server', server, initial: readInitial(words) };
  },
  timeout: (words: Words): Command => ({ kind: 'timeout', server: words.number('a server') }),
  heartbeat: (words: Words): Command => ({ kind: 'heartbeat', server: words.number('a server') }),
  wait: (words: Words): Command => {
    const server = words.number('a server');
    const ms = words.number('the number of ms that pass there');
    words.need('ms');
    return { kind: 'wait', server, ms };
  },
  propose: (words: Words): Command => {
    const server = words.number('a server');
    const values = [words.word('a command of the client')];
    while (!words.isAtEnd) values.push(words.word('a command of the client'));
    return { kind: 'propose', server, values };
  },
  deliver: readDeliver,
  drop: (words: Words): Command => {
    if (words.skip('all')) return { kind: 'drop-all' };
    const link = words.link();
    return { kind: 'drop', link, pick: words.skip('all') ? 'all' : readPick(words) };
  },
  duplicate: (words: Words): Command => ({ kind: 'duplicate', link: words.link(), pick: readPick(words) }),
  unreachable: (words: Words): Command => ({
    kind: 'unreachable',
    link: words.link(),
    pick: readPick(words),
  }),
  send: (words: Words): Command => ({ kind: 'send', link: words.link(), message: readRest(words) }),
  read: (words: Words): Command => {
    const server = words.number('a server');
    words.need('number');
    return { kind: 'read', server, id: words.number('the number of the read') };
  },
  transfer: (words: Words): Command => {
    const server = words.number('a server');
    return { kind: 'transfer', server, to: words.skip('to') ? words.number('a server') : undefined };
  },
  crash: (words: Words): Command => ({ kind: 'crash', server: words.number('a server') }),
  restart: (words: Words): Command => ({ kind: 'restart', server: words.number('a server') }),
  disk: readDisk,
  snapshot: (words: Words): Command => {
    const server = words.number('a server');
    words.need('at');
    return { kind: 'snapshot', server, index: words.number('the last index that the snapshot covers') };
  },
  expect: readExpect,
  briefly: (words: Words): Command => ({ kind: 'briefly', command: readOne(words) }),
};

/** Throws ScenarioProblem if the line is not a command. */
export function readCommand(line: string): Command {
  const words = new Words(line);
  const command = readOne(words);
  words.end();
  return command;
}

function readOne(words: Words): Command {
  return readers[words.oneOf(commandNames)](words);
}

function readInitial(words: Words): InitialServer {
  let log: readonly EntrySketch[] = [];
  let snapshot = 0;
  let term: number | undefined;
  let votedFor: number | null = null;
  while (!words.isAtEnd) {
    switch (words.oneOf(['log', 'snapshot', 'term', 'voted'])) {
      case 'log':
        log = readInitialLog(words);
        break;
      case 'snapshot':
        snapshot = words.number('the last index that the snapshot covers');
        break;
      case 'term':
        term = words.number('the current term');
        break;
      case 'voted':
        words.need('for');
        votedFor = words.number('a server');
        break;
    }
  }
  return { log, snapshot, term, votedFor };
}

/** As in a state line, without a snapshot: `empty`, or the entries. */
function readInitialLog(words: Words): readonly EntrySketch[] {
  if (words.skip('empty')) return [];
  const entries = words.entries();
  if (entries.length === 0)
    throw words.refusal('`empty`, the terms of the entries such as `1 1 2`, `2:noop` for a noop');
  return entries;
}

function readDeliver(words: Words): Command {
  const isAll = words.skip('all');
  if (!isAll && !words.skip('to')) {
    if (!/^\d+$/.test(words.peek() ?? ''))
      throw words.refusal('`all`, `to quiet`, or a link such as `0 -> 1`');
    return { kind: 'deliver', link: words.link(), pick: readPick(words) };
  }
  if (!isAll) words.need('quiet');
  const among = words.skip('among') ? words.numbers() : [];
  return { kind: 'deliver-many', toQuiet: !isAll, among };
}

function readPick(words: Words): Pick {
  if (words.skip('last')) return 'last';
  return words.skip('number') ? words.number('a number; the oldest message is number 1') : 1;
}

function readDisk(words: Words): Command {
  const server = words.number('a server');
  switch (words.oneOf(['slow', 'done', 'reports'])) {
    case 'slow':
      return { kind: 'disk-slow', server };
    case 'done':
      return { kind: 'disk-done', server, isOne: words.skip('once') };
    case 'reports': {
      words.need('term');
      const term = words.number('the term of the write');
      words.need('last');
      const { index, term: lastLogTerm } = words.place('the last entry of the write');
      return { kind: 'disk-reports', server, term, lastLogIndex: index, lastLogTerm };
    }
  }
}

function readExpect(words: Words): Command {
  if (words.skip('error')) return { kind: 'expect-error', text: words.quoted('a part of the message') };
  if (words.skip('no')) {
    words.need('message');
    return { kind: 'expect-no-message', link: words.isAtEnd ? undefined : words.link() };
  }
  if (words.skip('message')) return { kind: 'expect-message', link: words.link(), message: readRest(words) };
  if (!/^\d+$/.test(words.peek() ?? ''))
    throw words.refusal('`error "..."`, `no message`, `message`, or a server');
  const server = words.number('a server');
  if (words.skip('read')) return readReadExpectation(words, server);
  if (!words.skip('knows')) return { kind: 'expect-server', server, facts: readServerFacts(words) };
  const follower = words.number('a follower');
  return { kind: 'expect-progress', server, follower, facts: readProgressFacts(words) };
}

/** `waits`, `at 3` for the index, or `no-leader` and the other refusals. */
function readReadExpectation(words: Words, server: number): Command {
  const id = words.number('the number of a read');
  const outcome = words.oneOf(['waits', 'at', 'no-leader', 'unanswered', 'busy']);
  if (outcome !== 'at') return { kind: 'expect-read', server, id, outcome };
  return { kind: 'expect-read', server, id, outcome: `at ${words.number('the index of the read')}` };
}

function readServerFacts(words: Words): Facts {
  const facts = new Map<string, string>();
  const names = [
    'down',
    'follower',
    'candidate',
    'leader',
    'term',
    'vote',
    'log',
    'commit',
    'applied',
  ] as const;
  do {
    const name = words.oneOf(names);
    switch (name) {
      case 'down':
      case 'follower':
      case 'candidate':
      case 'leader':
        facts.set('role', name);
        break;
      case 'log':
        facts.set('log', readLog(words));
        break;
      case 'vote':
        facts.set('vote', words.skip('none') ? 'none' : String(words.number('a server, or `none`')));
        break;
      case 'term':
      case 'commit':
      case 'applied':
        facts.set(name, String(words.number(name)));
        break;
    }
  } while (!words.isAtEnd);
  return facts;
}

/** As in a state line: `empty`, or an optional `[5/1]` for a snapshot, then entries. */
function readLog(words: Words): string {
  if (words.skip('empty')) return 'empty';
  const parts = /^\[\d+\/\d+\]$/.test(words.peek() ?? '') ? [words.word('a snapshot')] : [];
  parts.push(...words.entries().map(formatEntry));
  if (parts.length === 0)
    throw words.refusal('`empty`, a snapshot such as `[5/1]`, the terms of the entries, `2:noop` for a noop');
  return parts.join(' ');
}

function readProgressFacts(words: Words): Facts {
  const facts = new Map<string, string>();
  do {
    const name = words.oneOf(['probe', 'replicate', 'snapshot', 'next', 'match', 'in-flight']);
    if (name === 'next' || name === 'match' || name === 'in-flight')
      facts.set(name, String(words.number(name)));
    else facts.set('mode', name);
  } while (!words.isAtEnd);
  return facts;
}

/** The message itself is parsed when it is sent, because its entries depend on earlier proposals. */
function readRest(words: Words): string {
  const rest: string[] = [];
  while (!words.isAtEnd) rest.push(words.word('a message'));
  return rest.join(' ');
}
