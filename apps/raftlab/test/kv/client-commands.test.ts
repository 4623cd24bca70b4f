// The client commands of `raftlab kv`, on a server in the test's process.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseServerConfig, startKeyValueServer, type RunningServer } from '@raftlab/kv-server';
import { Random, SystemClock } from '@raftlab/runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { runRaftlab, type Outcome } from '../command-line.ts';

const clock = new SystemClock();
const folder = mkdtempSync(join(tmpdir(), 'raftlab-kv-client-'));
const tokenFile = join(folder, 'tokens');
const [writeToken, readToken] = ['w'.repeat(32), 'r'.repeat(32)];
writeFileSync(tokenFile, `write ${writeToken}\nread ${readToken}\nserver ${'s'.repeat(32)}\n`);

const running: RunningServer[] = [];
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  const server = await start('demo', join(folder, 'data'));
  environment = { ...reach('demo', server), RAFTLAB_KV_TOKEN: writeToken };
});
afterAll(async () => {
  for (const server of running) await server.stop();
  rmSync(folder, { recursive: true });
});

/** A cluster of one server, which elects itself soon. */
async function start(cluster: string, data: string): Promise<RunningServer> {
  const config = parseServerConfig({
    id: 1,
    cluster,
    data,
    listen: '127.0.0.1:0',
    peers: { 1: '127.0.0.1:1' },
    electionTimeoutMs: 50,
    tokenFile,
  });
  const server = await startKeyValueServer(config, {
    clock,
    random: Random.fromSeed('server'),
    logDestination: { write: () => undefined },
  });
  running.push(server);
  return server;
}

function reach(cluster: string, { address }: RunningServer): Record<string, string> {
  return { RAFTLAB_KV_CLUSTER: cluster, RAFTLAB_KV_ENDPOINTS: `1=127.0.0.1:${address.port}` };
}

/** Runs `raftlab kv …`, words at spaces. */
const kv = (line: string, input?: string): Promise<Outcome> =>
  runRaftlab(['kv', ...line.split(' ')], environment, input);

const done = (out: string): Outcome => ({ code: 0, out, error: '' });
const notDone = (error: string): Outcome => ({ code: 1, out: '', error });

test('a session of commands prints what each has done, and its exit status says whether it happened', async () => {
  const session: readonly (readonly [string, Outcome])[] = [
    ['get city', notDone('key city is missing\n')],
    ['put city Turin', done('version 1\n')],
    ['get city', done('Turin\n')],
    ['get city --exact --level local', done('Turin')],
    ['get city --json', done('{"key":"city","value":"Turin","version":1}\n')],
    ['append city !', done('version 2\n')],
    ['cas city 1 Rome', notDone('key city has version 2, not version 1; nothing was changed\n')],
    ['cas city 2 Rome', done('version 3\n')],
    ['cas new 1 x', notDone('key new is missing, not version 1; nothing was changed\n')],
    ['cas cost 0 free', done('version 1\n')],
    ['list c', done('city = Rome (version 3)\ncost = free (version 1)\n')],
    [
      'list c --limit 1',
      done(
        'city = Rome (version 3)\n… and more: --limit 1 was reached; go on with --after city, or see --all\n',
      ),
    ],
    ['list c --limit 1 --after city', done('cost = free (version 1)\n')],
    ['list --after cost', done('')],
    ['list c --all --limit 1', done('city = Rome (version 3)\ncost = free (version 1)\n')],
    [
      'list --all --after city --json',
      done('{"pairs":[{"key":"cost","value":"free","version":1}],"hasMore":false}\n'),
    ],
    ['list x', done('')],
    ['delete cost', done('deleted\n')],
    ['delete cost', notDone('key cost is missing\n')],
    ['delete cost --json', { code: 1, out: '{"key":"cost","missing":true}\n', error: '' }],
    ['transfer', notDone('there is no other server to lead\n')],
    ['transfer 1', notDone('that is the leader itself, or no server of the cluster\n')],
  ];
  for (const [line, outcome] of session) expect([line, await kv(line)]).toEqual([line, outcome]);
});

test('- reads standard input with all its newlines; what is not UTF-8 is refused', async () => {
  expect(await kv('put text -', 'two\nlines\n')).toEqual(done('version 1\n'));
  expect((await kv('get text --exact')).out).toBe('two\nlines\n');
  const binary = await runRaftlab(['kv', 'put', 'text', '-'], environment, Buffer.of(0xff, 0xfe));
  expect(binary).toMatchObject({ code: 2, error: expect.stringContaining('standard input is not UTF-8') });
});

test('status prints a row for each server', async () => {
  const { code, out } = await kv('status');
  expect(code).toBe(0);
  expect(out).toMatch(/^server +role +term .*\n1 +leader +\d+ /);
  const document: unknown = JSON.parse((await kv('watch-status --json --count 1')).out);
  expect(document).toMatchObject({ leader: 1, servers: [{ server: 1, ok: true }] });
});

test('the role of a reader may read and not write; a wrong token is refused at once', async () => {
  await kv('put city Rome');
  const reader = { ...environment, RAFTLAB_KV_TOKEN: readToken };
  expect(await runRaftlab(['kv', 'get', 'city'], reader)).toEqual(done('Rome\n'));
  const put = await runRaftlab(['kv', 'put', 'city', 'Oslo'], reader);
  expect(put).toMatchObject({
    code: 1,
    error: expect.stringMatching(/^error: put "city" was refused: .*may not call/),
  });
  const file = join(folder, 'wrong');
  writeFileSync(file, 'x'.repeat(32));
  const wrong = await runRaftlab(['kv', 'get', 'city', '--token-file', file], environment);
  expect(wrong).toMatchObject({
    code: 1,
    error: expect.stringMatching(/every connection is refused .*token/),
  });
});

test('a snapshot that was saved is a new cluster with the same keys and versions', async () => {
  const file = join(folder, 'backup');
  await kv('put a 1');
  await kv('put a 2');
  expect((await kv(`snapshot save ${file}`)).out).toMatch(
    /^saved \d+ keys \([\d,]+ bytes\) as of index \d+ to /,
  );
  const before = await kv('list --json');

  const data = join(folder, 'restored');
  const restored = await kv(`snapshot restore ${file} --data ${data} --cluster again --id 1`);
  expect(restored.out).toMatch(/^restored \d+ keys as server 1 of cluster again in /);
  const again = await kv(`snapshot restore ${file} --data ${data} --cluster again --id 1`);
  expect(again).toMatchObject({ code: 2, error: expect.stringContaining('cannot be made') });
  const server = await start('again', data);
  const after = await runRaftlab(['kv', 'list', '--json'], { ...environment, ...reach('again', server) });
  expect(after).toEqual(before);
});

test('a damaged snapshot is refused', async () => {
  const file = join(folder, 'damaged');
  await kv(`snapshot save ${file}`);
  const bytes = readFileSync(file);
  const restore = async (damaged: Uint8Array): Promise<Outcome> => {
    writeFileSync(file, damaged);
    return kv(`snapshot restore ${file} --data ${join(folder, 'none')} --cluster again --id 1`);
  };
  const at = bytes.indexOf('\n') + 3;
  expect((await restore(bytes.with(at, (bytes[at] ?? 0) ^ 1))).error).toContain(
    'its checksum is another one',
  );
  expect((await restore(bytes.subarray(0, -1))).error).toMatch(/has \d+ bytes instead of \d+: it is damaged/);
  expect((await restore(bytes.subarray(1))).error).toContain('is no snapshot');
  expect(await restore(Buffer.alloc(0))).toMatchObject({
    code: 2,
    error: expect.stringContaining('is no snapshot'),
  });
});

test('a bench prints its load, and the rate and latencies of what it did', async () => {
  const { code, out } = await kv('bench --seconds 1 --in-flight 4 --json --read-share 0.5');
  const figures = z.object({
    rows: z.array(
      z.object({ name: z.string(), count: z.int().positive(), p50Ms: z.number(), p99Ms: z.number() }),
    ),
  });
  const { rows } = figures.parse(JSON.parse(out));
  expect([code, rows.map(({ name }) => name)]).toEqual([0, ['writes', 'reads']]);
  for (const { p50Ms, p99Ms } of rows) expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
});
