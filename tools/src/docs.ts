// Compares the documents with what they describe: packages, commands, files, identifiers, and the grader's output.
import { dirname, join } from 'node:path/posix';
import { anchorsOf, fencedBlocks, findTable, linksOf, quotedWords } from './markdown.ts';
import type { Offence } from './offence.ts';
import type { Manifest, Room, TextFile } from './repository.ts';

export const packageTableTitles: readonly string[] = ['package', 'what it is'];

/** Each row is a linked package name and the description of its package.json. */
export function checkPackageTable(readme: TextFile, rooms: readonly Room[]): Offence[] {
  const rows = findTable(readme.text, packageTableTitles) ?? [];
  const found = rows.map(([name, description]) => `| ${name} | ${description} |`);
  const expected = rooms.map(({ folder, manifest }) => {
    return `| [\`${manifest.name}\`](${folder}) | ${manifest.description} |`;
  });
  const rule = 'the package table has one row for every package, with the description of its package.json.';
  const differences: Array<[string, string, readonly string[]]> = [
    ['lacks', 'add the row.', expected.filter((row) => !found.includes(row))],
    ['has', 'remove or correct the row.', found.filter((row) => !expected.includes(row))],
  ];
  return differences.flatMap(([verb, remedy, lines]) =>
    lines.map((row) => ({ place: readme.path, found: `${verb} ${row}`, rule, remedy })),
  );
}

export interface CommandWorld {
  readonly rootScripts: Manifest['scripts'];
  /** By package name. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly exists: (path: string) => boolean;
}

/** Checks that every line of a fenced `sh` block is a command of this repository. */
export function checkCommands(file: TextFile, world: CommandWorld): Offence[] {
  return fencedBlocks(file.text)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text, line }) =>
      text.split('\n').flatMap((command, offset) => {
        const words = command
          .replace(/(^|\s)#.*$/, '')
          .trim()
          .split(/\s+/);
        const problem = judgeCommand(words, world);
        if (problem === undefined) return [];
        return [
          {
            place: `${file.path}:${line + 1 + offset}`,
            found: problem,
            rule: 'a command in the documents can be run as it is.',
            remedy: 'correct the command, or add the script to package.json.',
          },
        ];
      }),
    );
}

/** The commands in README.md for a project with installed packages: those after the installation in the same block. */
export function installationOf(markdown: string): string[] {
  const block = fencedBlocks(markdown).find(({ text }) => text.includes('npm install '))?.text ?? '';
  const lines = block.split('\n').map((line) => line.replace(/(^|\s+)#.*$/, '').trim());
  return lines
    .slice(lines.findIndex((line) => line.startsWith('npm install ')) + 1)
    .filter((line) => line !== '');
}

/** The problem of a command, or undefined. */
function judgeCommand(words: readonly string[], world: CommandWorld): string | undefined {
  const [program = '', ...rest] = words.filter((word) => !/^[A-Z_]+=/.test(word));
  if (['', 'cd', 'git', 'export'].includes(program)) return undefined;
  if (program === 'node' || program === 'bash') {
    const [path = ''] = rest;
    return world.exists(path) ? undefined : `there is no file ${path}`;
  }
  if (program === 'npm' && rest[0] === 'install') return undefined;
  if (program === 'npx') {
    const isCommand = rest[0] === 'raftlab' && world.exists(`apps/raftlab/src/${rest[1] ?? ''}/command.ts`);
    return isCommand ? undefined : `there is no command npx ${rest.slice(0, 2).join(' ')}`;
  }
  if (program === 'npm') {
    const script = rest[0] === 'run' ? rest[1] : rest[0];
    return judgeScript(script, world.rootScripts, 'package.json');
  }
  if (program !== 'pnpm') return `${program} is not a command of this repository`;
  const filter = /--filter[= ](\S+)/.exec(words.join(' '))?.[1];
  const filtered = filter === undefined ? undefined : world.manifests.get(filter);
  if (filter !== undefined && filtered === undefined) return `there is no package ${filter}`;
  if (rest[0] === 'exec' || rest[0] === 'install') return undefined;
  if (filter === undefined) return judgeScript(rest[0], world.rootScripts, 'package.json');
  return judgeScript(rest.at(-1), filtered?.scripts, `package.json of ${filter}`);
}

function judgeScript(
  script: string | undefined,
  scripts: Manifest['scripts'],
  where: string,
): string | undefined {
  return scripts?.[script ?? ''] === undefined
    ? `there is no script "${script ?? ''}" in ${where}`
    : undefined;
}

/** Checks that relative links have existing files and headings as targets. */
export function checkLinks(files: readonly TextFile[], exists: (path: string) => boolean): Offence[] {
  return files.flatMap((file) =>
    linksOf(file.text).flatMap(({ target, line }) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [relative = '', anchor] = target.split('#');
      const path = relative === '' ? file.path : join(dirname(file.path), relative).replace(/\/$/, '');
      const text = files.find((other) => other.path === path)?.text ?? '';
      const isFound = exists(path) && (anchor === undefined || anchorsOf(text).includes(anchor));
      if (isFound) return [];
      return [
        {
          place: `${file.path}:${line}`,
          found: `the target of the link ${target} does not exist`,
          rule: 'links in the documents have existing targets.',
          remedy: 'correct the link, or write the missing document.',
        },
      ];
    }),
  );
}

export const glossaryTitles: readonly string[] = ['the paper', 'here', 'the lab'];

/** Checks that identifiers in the middle column of the glossary's tables occur in the sources. */
export function checkIdentifiers(glossary: TextFile, sources: readonly TextFile[]): Offence[] {
  const known = new Set(sources.flatMap(({ text }) => text.match(/[A-Za-z_]\w*/g) ?? []));
  return glossary.text
    .split(/^## /m)
    .flatMap((section) => findTable(section, glossaryTitles) ?? [])
    .flatMap(([, here = '']) => quotedWords(here))
    .filter((word) => !known.has(word))
    .map((word) => ({
      place: glossary.path,
      found: `no source has the identifier ${word}`,
      rule: 'the glossary explains identifiers that exist.',
      remedy: 'use the present name.',
    }));
}

export interface Transcript {
  /** The grader's arguments. */
  readonly args: readonly string[];
  readonly output: string;
}

const transcriptPattern = /(<!-- transcript: (.*?) -->\s+```text\n)(.*?)(?=```)/gs;

export function transcriptsOf(markdown: string): Transcript[] {
  return [...markdown.matchAll(transcriptPattern)].map(([, , args = '', output = '']) => ({
    args: args.split(' '),
    output,
  }));
}

/** The document with the output of `run` in place of every transcript. */
export function renewTranscripts(markdown: string, run: (args: readonly string[]) => string): string {
  return markdown.replace(transcriptPattern, (_all, opening: string, args: string) => {
    return opening + run(args.split(' '));
  });
}

/** Without the only line that may differ between runs. */
export function withoutTime(output: string): string {
  return output.replace(/^time .*\n/gm, '');
}

export interface Example {
  readonly code: string;
  /** The output in its `// => ` comments, in order. */
  readonly promised: readonly string[];
}

/** The `ts` blocks of a document with expected output. */
export function examplesOf(markdown: string): Example[] {
  return fencedBlocks(markdown)
    .filter(({ language, text }) => language === 'ts' && text.includes('// => '))
    .map(({ text }) => ({
      code: text,
      promised: [...text.matchAll(/\/\/ => (.*)$/gm)].map(([, promised = '']) => promised),
    }));
}
