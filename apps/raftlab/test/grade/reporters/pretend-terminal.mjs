// Loaded before the grader: it takes its standard streams for terminals, so that pipes get what a terminal would.
import { clearLine, cursorTo, moveCursor } from 'node:readline';

for (const stream of [process.stdout, process.stderr]) {
  Object.assign(stream, {
    isTTY: true,
    columns: 60,
    rows: 30,
    clearLine: (direction) => clearLine(stream, direction),
    cursorTo: (column) => cursorTo(stream, column),
    moveCursor: (columns, rows) => moveCursor(stream, columns, rows),
  });
}
