// `raftlab kv serve` as a process, and where its settings come from.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientClosedError, connectKeyValue } from '@raftlab/kv-client';
import { readSettings } from '#src/kv/serve/settings';
import { afterAll, describe, expect, test } from 'vitest';
import { program, runRaftlab } from '../command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'raftlab-serve-'));
const processes: ChildProcess[] = [];
afterAll(() => {
  for (const child of processes) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Server {
  readonly line: string;
  readonly address: string;
  readonly ended: Promise<{ readonly code: number | null; readonly log: string }>;
  readonly http: string;
  end(signal: NodeJS.Signals): Promise<{ readonly code: number | null; readonly log: string }>;
}

/** Starts a cluster of one server, and waits until it has said where it listens. */
async function start(
  data: string,
  { fileMaxKiB = 1 << 20, more = [] as readonly string[] } = {},
): Promise<Server> {
  const args = [
    '--id',
    '1',
    '--cluster',
    'demo',
    '--data',
    data,
    '--listen',
    '127.0.0.1:0',
    '--http',
    '127.0.0.1:0',
  ];
  const command = [process.execPath, program, 'kv', 'serve', ...args, '--peers', '1=127.0.0.1:7001', ...more];
  // The shell limits the size of files: a write beyond it fails, as on a full disk.
  const child = spawn('bash', ['-c', `ulimit -f ${fileMaxKiB} && exec "$@"`, 'bash', ...command]);
  processes.push(child);
  let log = '';
  child.stderr.on('data', (text) => (log += String(text)));
  const ended = new Promise<{ code: number | null; log: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, log })),
  );
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(String(text)));
    child.once('exit', (code) => reject(new Error(`exit ${code}: ${log}`)));
  });
  return {
    line,
    address: /listens on ([\d.:]+)/.exec(line)?.[1] ?? '',
    ended,
    http: /http on ([\d.:]+)/.exec(line)?.[1] ?? '',
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

test('says where it listens, keeps its data over kill -9, and exits with 0 at SIGTERM', async () => {
  const data = join(folder, 'data');
  const first = await start(data);
  expect(first.line).toMatch(
    /^raftlab kv: server 1 of cluster demo listens on 127\.0\.0\.1:\d+, http on 127\.0\.0\.1:\d+, data in \S+data\n$/,
  );
  await first.end('SIGKILL');
  const second = await start(data);
  const response = await fetch(`http://${second.http}/status.json`);
  expect(await response.json()).toMatchObject({ cluster: 'demo', server: 1, state: 'running' });
  const { code, log } = await second.end('SIGTERM');
  expect(code).toBe(0);
  const messages = log
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(messages.at(-1)).toMatchObject({ level: 30, cluster: 'demo', server: 1, msg: 'stopped' });
});

test('exits with 1 when it cannot write, and says why', async () => {
  const more = ['--segment-bytes', '65536', '--snapshot-bytes', '65536'];
  const server = await start(join(folder, 'full'), { fileMaxKiB: 128, more });
  const client = connectKeyValue({ endpoints: `1=${server.address}`, cluster: 'demo', deadlineMs: 20_000 });
  const writing = (async () => {
    // The snapshot of these keys is larger than a file may be.
    for (let key = 0; key < 100; key += 1) await client.put(`${key}`, 'x'.repeat(20_000));
  })();
  const [{ code, log }] = await Promise.all([
    server.ended.finally(() => client.close()),
    expect(writing).rejects.toThrow(ClientClosedError),
  ]);
  expect(code).toBe(1);
  expect(log).toContain('is full: a write failed');
  expect(log).toContain('the server cannot go on');
});

describe('a server that cannot start exits with 2 and says why', () => {
  const good = ['--id', '1', '--cluster', 'demo', '--listen', '127.0.0.1:0', '--peers', '1=127.0.0.1:7001'];

  test.each<[string, readonly string[], Record<string, string>, RegExp]>([
    [
      'nothing is set',
      [],
      {},
      /^error: --id: is missing; .*\n--cluster: is missing; .*\n--data: is missing;/,
    ],
    [
      'a flag is wrong',
      [...good, '--data', 'x', '--log-level', 'loud'],
      {},
      /^error: --log-level: got "loud"; it must be one of/,
    ],
    [
      'a variable is wrong',
      [...good, '--data', 'x'],
      { RAFTLAB_KV_HTTP: '80' },
      /^error: RAFTLAB_KV_HTTP: got "80"; it must be an address/,
    ],
    [
      'an address is not loopback',
      [...good, '--data', 'x', '--http', '0.0.0.0:1'],
      {},
      /^error: --http: got "0\.0\.0\.0:1"; .*accept the risk with insecure\.\n$/,
    ],
    [
      'a file is missing',
      ['--config', '/nowhere/x.yaml'],
      {},
      /^error: --config: \/nowhere\/x\.yaml cannot be read: ENOENT/,
    ],
    [
      'the directory is missing',
      [...good, '--data', '/nowhere/x', '--start', 'existing'],
      {},
      /^error: the server cannot start: \/nowhere\/x does not exist/,
    ],
    [
      'the token file is missing',
      [...good, '--data', 'x', '--token-file', '/nowhere/t'],
      {},
      /^error: --token-file: got "\/nowhere\/t"; it must be a file that can be read/,
    ],
    ['a flag does not exist', ['--port', '1'], {}, /^error: unknown option '--port'/],
  ])('%s', async (_title, args, env, message) => {
    const { code, out, error } = await runRaftlab(['kv', 'serve', ...args], env);
    expect(error).toMatch(message);
    expect([code, out]).toEqual([2, '']);
  });
});

describe('settings', () => {
  const file = join(folder, 'server.yaml');
  writeFileSync(
    file,
    'id: 1\ncluster: from-file\ndata: /data\nlisten: 127.0.0.1:1\npeers: { 1: "127.0.0.1:1" }\nlogLevel: warn\n',
  );

  test('a flag wins over the environment, and the environment over the file', async () => {
    const env = { RAFTLAB_KV_CONFIG: file, RAFTLAB_KV_CLUSTER: 'from-env', RAFTLAB_KV_LOG_LEVEL: 'error' };
    const config = await readSettings({ flags: { logLevel: 'debug' }, env });
    expect(config).toMatchObject({ id: 1, cluster: 'from-env', logLevel: 'debug', data: '/data' });
  });

  test('variables of the client are not settings of a server', async () => {
    const env = { RAFTLAB_KV_ENDPOINTS: '1=a:1', RAFTLAB_KV_TOKEN: 'x' };
    expect((await readSettings({ flags: { config: file }, env })).cluster).toBe('from-file');
  });

  test.each([
    ['logLevel: loud', /^logLevel in .*wrong\.yaml: got "loud"; it must be one of/],
    ['port: 1', /^port in .*wrong\.yaml: got 1; it must be left out: there is no such setting/],
    ['- 1', /contains no settings/],
    ['', /contains no settings/],
    ['a: [', /is neither YAML nor JSON/],
    ['a: &x [1]\nb: *x', /is neither YAML nor JSON/],
  ])('a file with %j is refused', async (text, message) => {
    const wrong = join(folder, 'wrong.yaml');
    writeFileSync(wrong, text);
    const flags = { config: wrong, id: '1', cluster: 'x', data: 'x', listen: '127.0.0.1:1', peers: '1=a:1' };
    await expect(readSettings({ flags, env: {} })).rejects.toThrow(message);
  });

  test('JSON is as good as YAML', async () => {
    const json = join(folder, 'server.json');
    writeFileSync(
      json,
      JSON.stringify({ id: 1, cluster: 'x', data: 'x', listen: 'localhost:1', peers: '1=a:1' }),
    );
    expect((await readSettings({ flags: { config: json }, env: {} })).listen).toEqual({
      host: 'localhost',
      port: 1,
    });
  });
});
