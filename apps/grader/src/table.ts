// Columns of text, aligned by blanks.

/** Lines of a table. A heading that begins with `>` stands, like its column, at the right. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const isRight = headings.map((heading) => heading.startsWith('>'));
  const lines = [headings.map((heading) => heading.replace(/^>/, '')), ...rows];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) =>
        isRight[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
