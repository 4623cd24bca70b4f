// The style rules that a program can check. Each has a name and a remedy, and a violation in test/tidy.test.ts that it must
// find. Existing exceptions are on a list there that may only shrink.
import type { Offence } from './offence.ts';
import type { Room, TextFile } from './repository.ts';
import { isNode, lineAt, parse, walk, type Node, type SyntaxTree } from './syntax.ts';

interface Finding {
  readonly found: string;
  /** The offset in the text; undefined for the whole file. */
  readonly offset?: number;
}

export interface FileRule {
  readonly id: string;
  readonly rule: string;
  readonly remedy: string;
  /** Whether the rule applies to this path. */
  readonly holdsFor: (path: string) => boolean;
  readonly find: (tree: SyntaxTree) => Finding[];
}

/** A justified exception to a rule. An entry without a violation is itself a violation, so that the list only shrinks. */
export interface Exemption {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

export function checkFiles(
  rules: readonly FileRule[],
  files: readonly TextFile[],
  exemptions: readonly Exemption[] = [],
): Offence[] {
  const offences: Offence[] = [];
  const used = new Set<Exemption>();
  for (const file of files) {
    const tree = parse(file);
    for (const { id, rule, remedy, holdsFor, find } of rules) {
      const findings = holdsFor(file.path) ? find(tree) : [];
      const exemption = exemptions.find((entry) => entry.rule === id && entry.path === file.path);
      if (findings.length > 0 && exemption !== undefined) {
        used.add(exemption);
        continue;
      }
      for (const { found, offset } of findings) {
        const place = offset === undefined ? file.path : `${file.path}:${lineAt(file, offset)}`;
        offences.push({ place, found, rule, remedy });
      }
    }
  }
  for (const exemption of exemptions) {
    if (used.has(exemption)) continue;
    offences.push({
      place: exemption.path,
      found: `is on the list of exemptions from "${exemption.rule}", but does not break that rule`,
      rule: 'the list of exemptions only shrinks.',
      remedy: 'remove the entry from tools/test/tidy.test.ts.',
    });
  }
  return offences;
}

// ---- rules for files ----

const timeAndRandomness = new Set([
  'Date',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
]);
const timeAndRandomnessMembers = new Set([
  'Math.random',
  'process.nextTick',
  'process.hrtime',
  'process.uptime',
]);
const timeAndRandomnessModules = /^(node:)?(timers|timers\/promises|perf_hooks)$/;

export const fileRules: readonly FileRule[] = [
  {
    id: 'time and randomness',
    rule: 'time and randomness come from @raftlab/runtime, and only from there.',
    remedy: 'take a Clock or a Random as a parameter; in a test, make a VirtualClock or Random.fromSeed(…).',
    holdsFor: (path) => /^(packages|apps)\//.test(path) && !path.startsWith('packages/runtime/'),
    find: (tree) => walk(tree.body).flatMap(({ node, parent }) => findTimeOrRandomness(node, parent)),
  },
  {
    id: 'no focus, no skip',
    rule: 'every test on the main branch runs.',
    remedy: 'remove .only or .skip; describe missing features in the README of the package.',
    holdsFor: (path) => path.endsWith('.test.ts'),
    find: (tree) =>
      walk(tree.body).flatMap(({ node }) => {
        const member = node.type === 'MemberExpression' ? nameOf(node['property']) : undefined;
        const isSwitch = member === 'only' || member === 'skip' || member === 'todo';
        return isSwitch && /^(describe|test|it|suite|bench)\b/.test(textOf(tree, node))
          ? [{ found: textOf(tree, node), offset: node.start }]
          : [];
      }),
  },
  {
    id: 'no TODO comments',
    rule: 'comments on the main branch have no notes of unfinished work.',
    remedy: 'finish it, or describe in the README of the package what is missing.',
    holdsFor: () => true,
    find: ({ comments }) =>
      comments.flatMap(({ value, start }) => {
        const [note] = /\b(TODO|FIXME|XXX|HACK)\b/.exec(value) ?? [];
        return note === undefined ? [] : [{ found: `a comment says ${note}`, offset: start }];
      }),
  },
  {
    id: 'no default exports',
    rule: 'an export has the same name in every module.',
    remedy: 'export it by name.',
    holdsFor: (path) => !path.endsWith('.config.ts'),
    find: ({ body }) =>
      body.flatMap((node) => {
        const specifiers = [node['specifiers']].flat().filter(isNode);
        const isDefault =
          node.type === 'ExportDefaultDeclaration' ||
          (node.type === 'ExportNamedDeclaration' &&
            specifiers.some(({ exported }) => nameOf(exported) === 'default'));
        return isDefault ? [{ found: 'a default export', offset: node.start }] : [];
      }),
  },
  {
    id: 'kebab-case',
    rule: 'files and folders are named in kebab-case, after their content.',
    remedy: 'rename it: raft-log.ts, not RaftLog.ts or raft_log.ts.',
    holdsFor: () => true,
    find: ({ file }) =>
      file.path
        .split('/')
        .filter((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(part))
        .map((part) => ({ found: `the name ${part}` })),
  },
  {
    id: 'meaningful names',
    rule: 'a name describes the content; utils, helpers, common, misc and manager do not.',
    remedy: 'name it after the idea, or put each piece beside its only user.',
    holdsFor: () => true,
    find: ({ file }) =>
      file.path
        .split(/[/.-]/)
        .filter((word) => /^(utils?|helpers?|common|misc|managers?)$/.test(word))
        .map((word) => ({ found: `the word "${word}" in its path` })),
  },
  {
    id: 'opening comments',
    rule: 'a source file opens with a comment, or its first statement has one.',
    remedy: 'describe in one to five sentences what the file is for and what it must not do.',
    holdsFor: (path) =>
      /^(packages|apps|tools)\/(.*\/)?(src|bench)\//.test(path) && !path.endsWith('/index.ts'),
    find: (tree) => (opensWithComment(tree) ? [] : [{ found: 'no opening comment' }]),
  },
  {
    id: 'index files only re-export',
    rule: 'index.ts only re-exports.',
    remedy: 'move the code to a file that is named after it.',
    holdsFor: (path) => path.endsWith('/index.ts'),
    find({ body }) {
      const first = body.find(
        (node) => !/^Export(Named|All)Declaration$/.test(node.type) || !isNode(node['source']),
      );
      return first === undefined
        ? []
        : [{ found: `${first.type}, which is not a re-export`, offset: first.start }];
    },
  },
];

function findTimeOrRandomness(node: Node, parent: Node | undefined): Finding[] {
  const offset = node.start;
  if (node.type === 'MemberExpression') {
    const name = `${nameOf(node['object'])}.${nameOf(node['property'])}`;
    const [owner, property = ''] = name.split('.');
    const isGlobal = owner === 'globalThis' && timeAndRandomness.has(property);
    return timeAndRandomnessMembers.has(name) || isGlobal ? [{ found: name, offset }] : [];
  }
  if (node.type === 'ImportDeclaration' || node.type === 'ImportExpression') {
    const source = isNode(node['source']) ? String(node['source']['value']) : '';
    return timeAndRandomnessModules.test(source) ? [{ found: `an import of ${source}`, offset }] : [];
  }
  if (node.type !== 'Identifier' || !timeAndRandomness.has(nameOf(node) ?? '')) return [];
  const isMemberName =
    parent?.type === 'MemberExpression' && parent['property'] === node && parent['computed'] !== true;
  const isKey = 'key' in (parent ?? {}) && parent?.['key'] === node && parent['value'] !== node;
  return isMemberName || isKey ? [] : [{ found: nameOf(node) ?? '', offset }];
}

function opensWithComment({ file, body, comments }: SyntaxTree): boolean {
  const isCommented = (statement: Node | undefined): boolean =>
    statement !== undefined &&
    comments.some(({ end }) => end <= statement.start && file.text.slice(end, statement.start).trim() === '');
  const first = body.find(({ type }) => type !== 'ImportDeclaration');
  return isCommented(body[0]) || isCommented(first);
}

function nameOf(node: unknown): string | undefined {
  const name = isNode(node) ? (node['name'] ?? node['value']) : undefined;
  return typeof name === 'string' ? name : undefined;
}

function textOf({ file }: SyntaxTree, { start, end }: Node): string {
  return file.text.slice(start, end);
}

// ---- rules for packages ----

/** The conditions of an export, in the order in which Node must find them: the first that matches wins. */
const conditions = ['@raftlab/source', 'types', 'default'] as const;
const publishedConditions = ['types', 'default'] as const;

/** Private packages are never published: they need no exports. A package with a program need not be imported. */
export function checkRoom({ folder, manifest, hasReadme }: Room): Offence[] {
  const offences: Offence[] = [];
  const place = `${folder}/package.json`;
  const expect = (holds: boolean, found: string, rule: string, remedy: string): void => {
    if (!holds) offences.push({ place, found, rule, remedy });
  };
  expect(
    manifest.license === 'MIT',
    'no license',
    'every package names its license.',
    'add "license": "MIT".',
  );
  expect(
    manifest.engines?.['node'] === '>=20.19',
    'no engines',
    'every package names the required Node version.',
    'add "engines": { "node": ">=20.19" }.',
  );
  expect(
    /^[A-Z]/.test(manifest.description ?? ''),
    'no description',
    'every package has a description of one sentence, the same as in the table of README.md.',
    'add a description.',
  );
  if (!hasReadme) {
    offences.push({
      place: folder,
      found: 'no README.md',
      rule: 'every package has a short README: one sentence, its guarantees, what it must never do, an example.',
      remedy: 'write one.',
    });
  }
  if (manifest.private === true) return offences;
  const { exports = {}, publishConfig } = manifest;
  expect(
    exports['.'] !== undefined || manifest.bin !== undefined,
    'no exports',
    'a package is imported by its name.',
    'export ".".',
  );
  for (const [subpath, targets] of Object.entries(exports)) {
    expect(
      Object.keys(targets).join() === conditions.join(),
      `exports["${subpath}"] has ${Object.keys(targets).join(', ')}`,
      'type checks read sources, Node reads dist.',
      `give it ${conditions.join(', ')}, in this order.`,
    );
    const published = publishConfig?.exports?.[subpath] ?? {};
    expect(
      publishedConditions.every((condition) => published[condition] === targets[condition]) &&
        Object.keys(published).length === publishedConditions.length,
      `publishConfig.exports["${subpath}"] does not repeat ${publishedConditions.join(' and ')}`,
      'published packages have no sources.',
      `give it ${publishedConditions.join(' and ')}, with the same files.`,
    );
  }
  expect(
    publishConfig?.access === 'public',
    'no publishConfig.access',
    'packages are published publicly.',
    'add "access": "public".',
  );
  return offences;
}

/** The compiler keeps raft-core pure: without ambient types it has no timers, no console and no Node modules. */
export function checkAmbientTypes(
  place: string,
  compilerOptions: Readonly<Record<string, unknown>>,
): Offence[] {
  const { types, lib } = compilerOptions;
  const hasNoAmbientTypes = Array.isArray(types) && types.length === 0;
  const hasNoDom = lib === undefined || (Array.isArray(lib) && !lib.join().toLowerCase().includes('dom'));
  if (hasNoAmbientTypes && hasNoDom) return [];
  return [
    {
      place,
      found: `types: ${JSON.stringify(types)}, lib: ${JSON.stringify(lib)}`,
      rule: 'raft-core compiles without ambient types and without the DOM, so that it cannot use time or IO.',
      remedy: 'set "types": [] and leave lib to tsconfig.base.json.',
    },
  ];
}
