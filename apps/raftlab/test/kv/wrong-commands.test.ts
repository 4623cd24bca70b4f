// Wrong command lines of `raftlab kv`: each ends with exit status 2, or 1 where only a server can tell, and says what is wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runRaftlab } from '../command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'raftlab-kv-wrong-'));
afterAll(() => rmSync(folder, { recursive: true }));
const text = join(folder, 'text');
writeFileSync(text, 'no snapshot\n');

/** A cluster that is not there. */
const reach = ['--endpoints', '1=127.0.0.1:1', '--cluster', 'demo', '--timeout-ms', '50'];

async function check(line: readonly string[], code: number, message: string | RegExp): Promise<void> {
  const outcome = await runRaftlab(['kv', ...line]);
  expect(outcome.error).toMatch(message);
  expect([outcome.code, outcome.out]).toEqual([code, '']);
}

test.each([
  [['gte', 'a'], "error: unknown command 'gte'\n(Did you mean get?)"],
  [['get'], "missing required argument 'key'"],
  [['get', 'a', 'b'], "too many arguments for 'get'. Expected 1 argument but got 2"],
  [['put', 'a'], "missing required argument 'value'"],
  [['put', 'a', 'b', '--ttl', '5'], "unknown option '--ttl'"],
  [['put', 'a', '-b'], "unknown option '-b'"],
  [['cas', 'a', 'one', 'b'], "value 'one' is invalid for argument 'version'. It must be a whole number"],
  [['cas', 'a', '-1', 'b'], "value '-1' is invalid for argument 'version'"],
  [['get', 'a', '--level', 'fresh'], 'Allowed choices are linearizable, lease, local'],
  [['get', 'a', '--timeout-ms', '0'], 'It must be a whole number from 1 to 600000'],
  [['get', 'a', '--timeout-ms', 'soon'], "'soon' is invalid"],
  [['list', '--limit', '1001'], 'It must be a whole number from 1 to 1000'],
  [['transfer', 'two'], "value 'two' is invalid for argument 'server'"],
  [['transfer', '65536'], 'It must be a whole number from 0 to 65535'],
  [['bench', '--read-share', '2'], 'It must be a number from 0 to 1'],
  [['bench', '--read-share', ''], 'It must be a number from 0 to 1'],
  [['bench', '--in-flight', '0'], 'It must be a whole number from 1 to 4096'],
  [['bench', '--value-bytes', '1048576'], 'It must be a whole number from 0 to 1000000'],
  [['watch-status', '--interval-ms', '1'], 'It must be a whole number from 10 to 3600000'],
  [['snapshot', 'store', 'x'], "unknown command 'store'"],
  [['snapshot', 'save'], "missing required argument 'file'"],
  [['snapshot', 'save', text], 'exists; choose another name, or add --force to replace it'],
])('%j is refused: %s', (line, message) => check(line, 2, message));

test.each([
  [
    ['--cluster', 'demo'],
    'there are no endpoints: give --endpoints 1=host:port,2=host:port, or set RAFTLAB_KV_ENDPOINTS',
  ],
  [['--endpoints', '1=127.0.0.1:1'], 'the cluster has no name: give --cluster, or set RAFTLAB_KV_CLUSTER'],
  [
    ['--cluster', 'demo', '--endpoints', '127.0.0.1:7001'],
    'endpoint "127.0.0.1:7001" is invalid; write the endpoints as 1=host:port',
  ],
  [['--cluster', 'demo', '--endpoints', '1=a:1,1=b:1'], 'server 1 has an address already; name it once'],
  [['--cluster', 'demo', '--endpoints', '1=a:99999'], 'a port is a number from 1 to 65535'],
  [['--cluster', 'My Cluster', '--endpoints', '1=a:1'], 'cluster'],
  [
    [...reach, '--tls-cert', text],
    'TLS needs --tls-ca alone, or --tls-cert, --tls-key and --tls-ca together',
  ],
  [[...reach, '--tls-ca', join(folder, 'none')], /error: --tls-ca \S+none cannot be read: ENOENT/],
  [[...reach, '--tls-cert', text, '--tls-key', text, '--tls-ca', text], 'cannot be used'],
  [[...reach, '--token-file', join(folder, 'none')], /error: --token-file \S+none cannot be read: ENOENT/],
])('get with %j is refused: %s', (options, message) => check(['get', 'a', ...options], 2, message));

test('a key or a value that the service does not accept is refused', async () => {
  await check(
    ['get', 'x'.repeat(4097), ...reach],
    2,
    'error: key must have at most 4096 UTF-16 code units, got 4097',
  );
  await check(['put', 'a', '\ud800', ...reach], 2, 'error: value contains half of a surrogate pair');
});

test('a cluster that is not there is an operation that did not happen: exit status 1', async () => {
  await check(
    ['put', 'a', 'x', ...reach],
    1,
    /^error: put "a" had no result within 50 ms \(server 1: cannot be reached: .*it was not executed/,
  );
  const status = await runRaftlab(['kv', 'status', ...reach]);
  expect(status.out).toMatch(/^server +role .*\n1 +cannot be reached: /);
  expect([status.code, status.error]).toEqual([1, 'no server leads\n']);
});

test.each([
  [['get', 'a'], { npm_config_json: 'true' }, '--json'],
  [[], { npm_config_data: 'folder' }, '--data'],
])('options of %j that npm has taken as its own are refused', async (line, env, option) => {
  const { code, error } = await runRaftlab(['kv', ...line], env);
  expect(error).toContain(
    `npm took ${option} as its own; put -- before the arguments of kv: npm run kv -- …`,
  );
  expect(code).toBe(2);
});
