// The rows as a Markdown table: what noticed each bug first.

const titles = {
  lab: 'lab tests alone',
  watched: 'graded tests, watched',
  simulation: 'simulation',
  reference: 'second Raft',
  explorer: 'explorer',
  scenarios: 'scenarios',
  services: 'graded tests of services',
  tests: "package's tests",
};

export function tableOf(rows, columns) {
  if (rows.every(({ kind }) => kind === 'service')) return serviceTableOf(rows);
  const head = ['bug', 'rule', ...columns.map((name) => titles[name])];
  const lines = rows.map(({ id, rule, noticed }) => [
    `\`${id}\``,
    rule,
    ...columns.map((name) => cell(name, noticed[name])),
  ]);
  const count = (kind, name) => {
    const ofKind = rows.filter((row) => row.kind === kind);
    return `${ofKind.filter(({ noticed }) => noticed[name] !== null).length} of ${ofKind.length}`;
  };
  const section = (kind) => [
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...lines.filter((_, index) => rows[index].kind === kind).map((cells) => `| ${cells.join(' | ')} |`),
    `| **noticed** | | ${columns.map((name) => `**${count(kind, name)}**`).join(' | ')} |`,
  ];
  /** Bugs that only the tests of their own package can notice. */
  const byOwnTests = (title, kind) => [
    `### ${title}`,
    '',
    '| bug | rule | noticed first by |',
    '| --- | --- | --- |',
    ...rows
      .filter((row) => row.kind === kind)
      .map(({ id, rule, noticed }) => `| \`${id}\` | ${rule} | ${testFile(noticed.tests)} |`),
    '',
  ];
  const ofRaft = ['### Safety', '', ...section('safety'), '', '### Progress', '', ...section('liveness'), ''];
  return [
    ...ofRaft,
    ...byOwnTests('Storage on files', 'storage'),
    ...byOwnTests('Network on sockets', 'network'),
  ].join('\n');
}

/** The bugs of services, with the first graded test and the file of the first test of the package that fails. */
function serviceTableOf(rows) {
  const cells = rows.map(({ id, rule, noticed: { services, clients, tests } }) => {
    const [graded = '–'] = /^[\w.]+/.exec(services?.what ?? '') ?? [];
    return `| \`${id}\` | ${rule} | ${graded} | ${cell('clients', clients)} | ${testFile(tests)} |`;
  });
  const head = "| bug | rule | graded tests | simulation | package's tests |";
  return [head, '| --- | --- | --- | --- | --- |', ...cells, ''].join('\n');
}

/** The file of the test that failed first. */
function testFile(found) {
  return found === null || found === undefined ? '–' : (/test\/([\w-]+)/.exec(found.what)?.[1] ?? found.what);
}

function cell(name, found) {
  if (found === null) return '–';
  // What a test of ours is called says little here; that one fails is what counts.
  if (name === 'tests' || name === 'lab') return 'fails';
  const what = shorten(found.what).replaceAll('|', '\\|');
  return found.after === '' ? what : `${what} (${found.after})`;
}

/** The beginning of a message, without the server and the numbers of the particular run. */
function shorten(what) {
  const [, rule] = /stopped because a rule of Raft was broken: (.*)/.exec(what) ?? [];
  if (rule !== undefined) return 'an assertion of the core';
  if (what.includes('stopped because storage failed')) return 'storage refuses a write';
  if (what.startsWith('stops:')) return 'storage does not load';
  const [test] = /^Test\w+/.exec(what) ?? [];
  if (test !== undefined) return test;
  const [bound] = /^L\d: expected .*? within \d+ ms/.exec(what) ?? [];
  return (
    bound ??
    what
      .replaceAll(/server \d+/g, 'a server')
      .replaceAll(/handed \d+ after \d+/g, 'handed entries out of order')
  );
}
