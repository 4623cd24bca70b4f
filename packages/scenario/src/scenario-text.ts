// A scenario file as a list of lines: comments, blanks, and commands with their transcripts.

export interface TextLine {
  readonly kind: 'text';
  readonly text: string;
}

export interface CommandLine {
  readonly kind: 'command';
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  /** Without the indentation. */
  readonly transcript: readonly string[];
}

const indentation = '  ';

/** Never fails: a line that is not a comment, blank or transcript is a command, which is parsed later. */
export function splitScenario(content: string): (TextLine | CommandLine)[] {
  const lines: (TextLine | (CommandLine & { transcript: string[] }))[] = [];
  for (const [offset, text] of content.split('\n').entries()) {
    const previous = lines.at(-1);
    if (text.startsWith(indentation) && previous?.kind === 'command') {
      previous.transcript.push(text.slice(indentation.length));
    } else if (text.trim() === '' || text.startsWith('#')) {
      lines.push({ kind: 'text', text });
    } else {
      lines.push({ kind: 'command', number: offset + 1, text, transcript: [] });
    }
  }
  return lines;
}

export function joinScenario(lines: readonly (TextLine | CommandLine)[]): string {
  return lines
    .flatMap((line) =>
      line.kind === 'text' ? [line.text] : [line.text, ...line.transcript.map((each) => indentation + each)],
    )
    .join('\n');
}

export interface ScenarioHead {
  /** The first line. */
  readonly title: string;
  /** The rule of the scenario: the comment after the title. */
  readonly rule: string;
  /** The line `# Source: ...`: the place of the rule in the literature. */
  readonly source: string;
}

/** The comment at the beginning of a file; missing parts are empty. */
export function headOf(content: string): ScenarioHead {
  const lines = content.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const comments = lines.slice(0, end === -1 ? undefined : end).map((line) => line.slice(1).trim());
  const [title = '', ...rest] = comments;
  const isSource = (line: string): boolean => line.startsWith('Source: ');
  return {
    title,
    rule: rest
      .filter((line) => !isSource(line))
      .join(' ')
      .trim(),
    source: rest.find(isSource)?.slice('Source: '.length) ?? '',
  };
}
