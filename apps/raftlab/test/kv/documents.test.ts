// The examples of docs/run-the-service.md have the form that their programs read, and their settings are accepted.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTokens, serverNodeFlags, settingNames } from '@raftlab/kv-server';
import { flagOf, readSettings, variableOf } from '#src/kv/serve/settings';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments, parse } from 'yaml';
import { z } from 'zod';
import { program, runRaftlab } from '../command-line.ts';

const docs = join(import.meta.dirname, '../../../../docs');
const page = readFileSync(join(docs, 'run-the-service.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));

function block(language: string, word: string): string {
  const found = blocks.find((each) => each.language === language && each.text.includes(word));
  if (found === undefined) throw new Error(`no ${language} with ${word}`);
  return found.text;
}

/** The flags of a command line, without quotes. */
function flagsOf(words: readonly string[]): Record<string, string> {
  const flags: Record<string, string> = {};
  for (const [at, word] of words.entries()) {
    const [, name, value] = /^--([\w-]+)(?:=(.*))?$/.exec(word) ?? [];
    if (name === undefined) continue;
    const key = settingNames.find((setting) => flagOf(setting) === `--${name}`);
    if (key === undefined) throw new Error(`there is no flag --${name}`);
    flags[key] = value ?? words[at + 1] ?? '';
  }
  return flags;
}

const serveLines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n').filter((line) => line.startsWith('npm run kv -- serve ')));

test.each(serveLines)('%s', async (line) => {
  await expect(readSettings({ flags: flagsOf(line.split(' ')), env: {} })).resolves.toBeDefined();
});

test('there are servers to try', () => {
  expect(serveLines).toHaveLength(4);
});

test('the configuration file is accepted', async () => {
  const flags: unknown = parse(block('yaml', 'cluster: orders'));
  const config = await readSettings({ flags: z.record(z.string(), z.unknown()).parse(flags), env: {} });
  expect(config).toMatchObject({
    id: 1,
    tls: { ca: '/etc/raftlab/ca.pem' },
  });
});

test('the table has every setting', () => {
  const [, table = ''] = /\| key \| meaning \|.*\n\|.*\n([\s\S]*?)\n\n/.exec(page) ?? [];
  const keys = table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, key]) => key));
  expect(keys.toSorted()).toEqual([...settingNames].toSorted());
});

test('the tokens are accepted', () => {
  expect(parseTokens(block('text', '# role and token')).roles.size).toBe(2);
});

test('the unit of systemd starts a command that exists, and does not restart a wrong configuration', () => {
  const unit = block('ini', 'ExecStart');
  const sections = [...unit.matchAll(/^\[(\w+)\]$/gm)].map(([, name]) => name);
  expect(sections).toEqual(['Unit', 'Service', 'Install']);
  for (const line of unit.trim().split('\n')) expect(line).toMatch(/^(\[\w+\]|[A-Z]\w+=\S.*|)$/);
  expect(unit).toContain('ExecStart=/usr/local/bin/raftlab kv serve --config /etc/raftlab/server.yaml\n');
  expect(unit).toContain('RestartPreventExitStatus=2\n');
});

test('the installed command has the flags of Node that a server should have', () => {
  const [first] = readFileSync(program, 'utf8').split('\n');
  expect(first).toBe(`#!/usr/bin/env -S node ${serverNodeFlags.join(' ')}`);
});

test('the container runs the command', () => {
  const file = block('dockerfile', 'ENTRYPOINT');
  for (const line of file.trim().split('\n'))
    expect(line).toMatch(/^(FROM|RUN|USER|VOLUME|EXPOSE|ENTRYPOINT) \S/);
  const [, entry = ''] = /^ENTRYPOINT (.*)$/m.exec(file) ?? [];
  expect(JSON.parse(entry)).toEqual(['raftlab', 'kv', 'serve']);
});

describe('Kubernetes', () => {
  const objects = parseAllDocuments(block('yaml', 'StatefulSet')).map((each): unknown => each.toJSON());
  const container = z.object({
    args: z.array(z.string()),
    env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
    ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
    livenessProbe: z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) }),
    readinessProbe: z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) }),
    volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
  });
  const set = z
    .object({
      kind: z.literal('StatefulSet'),
      spec: z.object({
        serviceName: z.string(),
        replicas: z.literal(3),
        template: z.object({ spec: z.object({ containers: z.array(container).length(1) }) }),
      }),
    })
    .parse(objects[2]);

  test('there are a headless service, a budget and a set', () => {
    expect(objects).toMatchObject([
      { kind: 'Service', metadata: { name: set.spec.serviceName }, spec: { clusterIP: 'None' } },
      { kind: 'PodDisruptionBudget', spec: { minAvailable: 2 } },
      { kind: 'StatefulSet' },
    ]);
  });

  test.each([0, 1, 2])('pod %i has a configuration that is accepted', async (index) => {
    const [{ args, env } = { args: [], env: [] }] = set.spec.template.spec.containers;
    const id = String(index);
    const variables = Object.fromEntries(env.map(({ name, value = id }) => [name, value]));
    for (const name of Object.keys(variables)) expect(settingNames.map(variableOf)).toContain(name);
    const words = args.map((arg) => arg.replaceAll('$(RAFTLAB_KV_ID)', id));
    const config = await readSettings({ flags: flagsOf(words), env: variables });
    expect(config).toMatchObject({ id: index, tls: { cert: `/tls/server-${index}.pem` } });
    expect(config.peers.size).toBe(3);
  });

  test('the probes ask for pages that exist, at the port of the server', () => {
    const [only] = set.spec.template.spec.containers;
    expect(only?.livenessProbe.httpGet).toEqual({ path: '/healthz', port: 'http' });
    expect(only?.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'http' });
    expect(only?.ports).toContainEqual({ name: 'http', containerPort: 7101 });
  });
});

test('the help names every setting', async () => {
  const { out } = await runRaftlab(['kv', 'serve', '--help']);
  for (const key of settingNames) expect(out).toContain(flagOf(key));
});
