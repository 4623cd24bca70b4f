// Every wrong setting is named, with what it is and what is valid.
import { describe, expect, test } from 'vitest';
import { ConfigError, parseServerConfig, settingNames } from '@raftlab/kv-server';

const good: Readonly<Record<string, unknown>> = {
  id: 1,
  cluster: 'demo',
  data: '/var/lib/raftlab',
  listen: '127.0.0.1:7001',
  peers: '1=10.0.0.1:7001,2=10.0.0.2:7001,3=[fd00::3]:7001',
};
const tls = { tlsCert: 'cert.pem', tlsKey: 'key.pem', tlsCa: 'ca.pem' };

/** The problems of the good configuration with these changes. */
function problemsOf(changes: Readonly<Record<string, unknown>>): ConfigError {
  try {
    parseServerConfig({ ...good, ...changes });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(changes)}`);
}

describe('a wrong setting is refused by name', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['id', { id: undefined }, 'id: is missing; it must be the number of this server'],
    ['id', { id: '' }, 'id: got ""; it must be the number'],
    ['id', { id: 'one' }, 'id: got "one"; it must be the number'],
    ['id', { id: -1 }, 'id: got -1;'],
    ['id', { id: 65_536 }, 'a whole number from 0 to 65535'],
    ['id', { id: 1.5 }, 'id: got 1.5;'],
    ['cluster', { cluster: undefined }, 'cluster: is missing;'],
    [
      'cluster',
      { cluster: 'Demo' },
      'cluster: got "Demo"; it must be the name of the cluster: 1 to 63 letters a to z',
    ],
    ['cluster', { cluster: '-demo' }, 'cluster: got "-demo";'],
    ['cluster', { cluster: 'x'.repeat(64) }, 'cluster: got "xxx'],
    ['cluster', { cluster: 7 }, 'cluster: got 7;'],
    ['data', { data: undefined }, 'data: is missing; it must be the path of a directory'],
    ['data', { data: ' ' }, 'data: got " ";'],
    ['start', { start: 'maybe' }, 'start: got "maybe"; it must be one of auto, new, existing.'],
    ['listen', { listen: undefined }, 'listen: is missing; it must be an address HOST:PORT'],
    ['listen', { listen: '7001' }, 'listen: got "7001";'],
    ['listen', { listen: '127.0.0.1' }, 'such as 127.0.0.1:7001'],
    ['listen', { listen: '127.0.0.1:65536' }, 'listen: got "127.0.0.1:65536";'],
    ['listen', { listen: '::1:7001' }, 'or [::1]:7001'],
    ['listen', { listen: '127.0.0.256:7001' }, 'listen: got "127.0.0.256:7001";'],
    [
      'listen',
      { listen: '0.0.0.0:7001' },
      'because 0.0.0.0:7001 can be reached by others and TLS is not configured',
    ],
    ['listen', { listen: 'db.example:7001' }, 'or accept the risk with insecure'],
    ['listen', { listen: '[::]:7001' }, 'because [::]:7001 can be reached by others'],
    [
      'http',
      { http: '0.0.0.0:80' },
      'http: got "0.0.0.0:80"; it must be an address of this machine only, such as 127.0.0.1:80',
    ],
    ['http', { http: 'http://localhost' }, 'http: got "http://localhost";'],
    ['http', { http: '127.0.0.1:7001' }, 'it must be another address than listen.'],
    ['peers', { peers: undefined }, 'peers: is missing; it must be the servers of the cluster'],
    ['peers', { peers: '' }, 'peers: got "";'],
    ['peers', { peers: '127.0.0.1:7001' }, 'such as 1=host-a:7001,2=host-b:7001,3=host-c:7001'],
    ['peers', { peers: '1=a:1,1=b:1' }, 'each once'],
    ['peers', { peers: '1=a:1,2=a:1' }, 'each with an address of its own'],
    ['peers', { peers: '1=a:1,2=b:0' }, 'a port from 1 to 65535'],
    ['peers', { peers: '1=a:1,2=' }, 'peers: got "1=a:1,2=";'],
    [
      'peers',
      { peers: '2=a:1,3=b:1' },
      'it must be all servers of the cluster, among them this one, which is 1.',
    ],
    ['peers', { peers: ['a:1'] }, 'peers: got ["a:1"];'],
    ['peers', { peers: { 1: 7001 } }, 'peers: got {"1":7001};'],
    ['peers', { peers: Array.from({ length: 10 }, (_, id) => `${id}=h${id}:1`).join(',') }, '1 to 9 servers'],
    [
      'electionTimeoutMs',
      { electionTimeoutMs: '1s' },
      'electionTimeoutMs: got "1s"; it must be a whole number of ms from 50 to 60000.',
    ],
    ['electionTimeoutMs', { electionTimeoutMs: 10 }, 'electionTimeoutMs: got 10;'],
    ['heartbeatMs', { heartbeatMs: 0 }, 'it must be a whole number of ms from 10 to 30000.'],
    ['heartbeatMs', { heartbeatMs: 1000 }, 'it must be less than electionTimeoutMs (1000 ms)'],
    [
      'snapshotBytes',
      { snapshotBytes: '64M' },
      'it must be a whole number of bytes from 65536 to 4294967296.',
    ],
    ['segmentBytes', { segmentBytes: 0 }, 'segmentBytes: got 0; it must be a whole number of bytes'],
    ['connectionsMax', { connectionsMax: 1 }, 'it must be a whole number from 8 to 65536.'],
    ['pendingMax', { pendingMax: null }, 'pendingMax: got null;'],
    ['logLevel', { logLevel: 'INFO' }, 'one of trace, debug, info, warn, error, fatal, silent'],
    [
      'tlsKey',
      { ...tls, tlsKey: undefined },
      'tlsKey: is missing; it must be a file in the form of PEM, since TLS needs',
    ],
    ['tlsCert', { ...tls, tlsCert: '' }, 'tlsCert: got "";'],
    ['tokenFile', { tokenFile: true }, 'tokenFile: got true; it must be the path of a file with tokens.'],
    ['insecure', { insecure: 'yes' }, 'insecure: got "yes"; it must be true or false.'],
    [
      'electionTimeout',
      { electionTimeout: 300 },
      'it must be left out: there is no such setting; there are id, cluster',
    ],
  ])('%s %j', (key, changes, message) => {
    const error = problemsOf(changes);
    expect(error.message).toContain(message);
    expect(error.problems.map((problem) => problem.key)).toEqual([key]);
  });

  test('all wrong settings at once, each by its place', () => {
    const values = { ...good, id: 'x', listen: 'y', logLevel: 'z' };
    const places = (key: string): string => `--${key}`;
    expect(() => parseServerConfig(values, places)).toThrow(
      /^--id: got "x"; .*\n--listen: got "y"; .*\n--logLevel: got "z"; [^\n]*$/,
    );
  });
});

test('texts of the environment mean the same as values of a file', () => {
  const fromTexts = parseServerConfig({
    ...good,
    id: '1',
    electionTimeoutMs: '1000',
    insecure: 'true',
    peers: '1=10.0.0.1:7001, 2=10.0.0.2:7001',
  });
  const fromFile = parseServerConfig({
    ...good,
    electionTimeoutMs: 1000,
    insecure: true,
    peers: { 1: '10.0.0.1:7001', 2: '10.0.0.2:7001' },
  });
  expect(fromTexts).toEqual(fromFile);
});

test('what is left out has its default; the heartbeat follows a short election timeout', () => {
  expect(parseServerConfig(good)).toMatchObject({
    start: 'auto',
    electionTimeoutMs: 1000,
    heartbeatMs: 333,
    logLevel: 'info',
  });
  expect(parseServerConfig({ ...good, electionTimeoutMs: 60 }).heartbeatMs).toBe(20);
});

test.each([
  ['loopback without TLS', { listen: 'localhost:7001', http: '[::1]:80' }],
  ['any address with TLS', { ...tls, listen: '0.0.0.0:7001', http: '0.0.0.0:80' }],
  ['any address when it is said to be insecure', { insecure: true, listen: '0.0.0.0:7001' }],
])('it may listen on %s', (_title, changes) => {
  expect(() => parseServerConfig({ ...good, ...changes })).not.toThrow();
});

test('the settings are those of the documentation', () => {
  expect(settingNames).toHaveLength(19);
});
