// The text form of addresses, and options that make no sense.
import { connectKeyValue, formatEndpoint, parseEndpoints, sessionsMax } from '@raftlab/kv-client';
import { expect, test } from 'vitest';

test('endpoints are servers with host and port, with any space around the commas', () => {
  const addresses = parseEndpoints('1=127.0.0.1:7001, 2=[::1]:7002,30=kv-3.example:7003');
  expect([...addresses]).toEqual([
    [1, { host: '127.0.0.1', port: 7001 }],
    [2, { host: '::1', port: 7002 }],
    [30, { host: 'kv-3.example', port: 7003 }],
  ]);
  expect([...addresses.values()].map(formatEndpoint)).toEqual([
    '127.0.0.1:7001',
    '[::1]:7002',
    'kv-3.example:7003',
  ]);
});

test.each([
  ['', 'endpoint "" is invalid; write the endpoints as 1=host:port,2=host:port'],
  ['127.0.0.1:7001', 'endpoint "127.0.0.1:7001" is invalid'],
  ['1=127.0.0.1', 'endpoint "1=127.0.0.1" is invalid'],
  ['1=::1:7001', 'endpoint "1=::1:7001" is invalid'],
  ['one=host:1', 'endpoint "one=host:1" is invalid'],
  ['-1=host:1', 'endpoint "-1=host:1" is invalid'],
  ['1=host:1,', 'endpoint "" is invalid'],
  ['65536=host:1', 'a server has a number from 0 to 65535'],
  ['1=host:0', 'a port is a number from 1 to 65535'],
  ['1=host:65536', 'a port is a number from 1 to 65535'],
  ['1=host:1,1=host:2', 'endpoint 1=host:2: server 1 has an address already'],
])('the endpoints %j are refused: %s', (text, message) => {
  expect(() => parseEndpoints(text)).toThrow(message);
});

test.each([
  [{ endpoints: new Map() }, 'endpoints must have one server at least, got none'],
  [{ sessions: 0 }, `sessions must be a whole number from 1 to ${sessionsMax}, got 0`],
  [{ sessions: 513 }, 'got 513'],
  [{ deadlineMs: 0 }, 'deadlineMs must be a positive number of milliseconds, got 0'],
  [{ deadlineMs: Infinity }, 'got Infinity'],
  [{ cluster: 'No Name' }, 'cluster'],
  [{ tls: { cert: 'x', key: 'y', ca: 'z' } }, /tls: .*cannot be used/],
])('the options %j are refused: %s', (options, message) => {
  expect(() => connectKeyValue({ endpoints: '1=127.0.0.1:1', cluster: 'test', ...options })).toThrow(message);
});

const text: string = JSON.parse('7');
const client = connectKeyValue({ endpoints: '1=127.0.0.1:1', cluster: 'test' });
test.each([
  [
    'a key that is too long',
    () => client.get('x'.repeat(4097)),
    'key must have at most 4096 UTF-16 code units, got 4097',
  ],
  ['a key that is no string', () => client.delete(text), 'key must be a string, got number'],
  ['half of a surrogate pair', () => client.put('a', '\ud800'), 'value contains half of a surrogate pair'],
  ['a value that is no string', () => client.append('a', text), 'value must be a string, got number'],
  [
    'a version below 0',
    () => client.compareAndSet({ key: 'a', version: -1 }, 'x'),
    'version must be a whole number',
  ],
  [
    'a limit above the most',
    () => client.range('', { limit: 1001 }),
    'limit must be a whole number from 1 to 1000, got 1001',
  ],
  [
    'a deadline of no time',
    () => client.get('a', { deadlineMs: -1 }),
    'deadlineMs must be a positive number',
  ],
])('%s is refused without a call', async (_title, call, message) => {
  await expect(call()).rejects.toThrow(message);
});
