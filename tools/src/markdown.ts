// The parts of Markdown that the checks read: tables, fenced blocks, links and headings.

export interface FencedBlock {
  /** The text after the fence, e.g. `sh`. */
  readonly language: string;
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

export function fencedBlocks(markdown: string): FencedBlock[] {
  return [...markdown.matchAll(/^```(\S*)[^\n]*\n(.*?)^```$/gms)].map(({ 1: language, 2: text, index }) => ({
    language: language ?? '',
    text: text ?? '',
    line: markdown.slice(0, index).split('\n').length,
  }));
}

/** The rows of the first table whose header row has exactly these titles, with trimmed cells. Undefined: no such table. */
export function findTable(markdown: string, titles: readonly string[]): string[][] | undefined {
  const lines = markdown.split('\n');
  const header = lines.findIndex(
    (line) => line.startsWith('|') && cellsOf(line).join('|') === titles.join('|'),
  );
  if (header === -1) return undefined;
  const rows: string[][] = [];
  for (const line of lines.slice(header + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(cellsOf(line));
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}

/** The words in backquotes, in order. */
export function quotedWords(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? '');
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

export function linksOf(markdown: string): Link[] {
  const prose = withoutCode(markdown);
  return [...prose.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(({ 1: target, index }) => ({
    target: target ?? '',
    line: prose.slice(0, index).split('\n').length,
  }));
}

/** The anchors that GitHub generates for the headings. */
export function anchorsOf(markdown: string): string[] {
  return [...withoutCode(markdown, { keepsInline: true }).matchAll(/^#{1,6} (.*)$/gm)].map(([, title]) =>
    (title ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Blanks code, keeping the line breaks. */
function withoutCode(markdown: string, { keepsInline = false } = {}): string {
  const prose = markdown.replace(/^```.*?^```$/gms, blank);
  return keepsInline ? prose : prose.replace(/`[^`\n]+`/g, blank);
}

function blank(code: string): string {
  return code.replace(/[^\n]/g, ' ');
}
