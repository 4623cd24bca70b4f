// A line at the prompt, as words.

/** A line that is not complete. */
export class LineError extends Error {
  override readonly name: string = 'LineError';
}

/**
 * Splits at spaces. Text in single or double quotes is one word, also with spaces or empty; a backslash takes the next character as it is,
 * except in single quotes. Throws a LineError for a quote that is not closed.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at] ?? '';
    if (character === '\\' && quote !== "'") {
      at += 1;
      word = (word ?? '') + (line[at] ?? '');
    } else if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined)
    throw new LineError(`the quote ${quote} is not closed; close it, or write \\${quote}`);
  if (word !== undefined) words.push(word);
  return words;
}
