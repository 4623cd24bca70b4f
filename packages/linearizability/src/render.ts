// A result as plain text.
import { callText, textIfKnown, textOf } from './call-text.ts';
import type { CheckResult, Unfinished } from './check-result.ts';
import type { Operation } from './history.ts';
import type { Model } from './model.ts';
import type { LinearizablePrefix } from './prefix.ts';

/** Of a longer prefix only the last operations are shown. */
const shownOperations = 12;

/**
 * The verdict and, unless it is `ok`, what is known of the partition without a linearization: how far one gets in which order,
 * and what cannot come next. Lines end without a line break at the end of the text. The text is for people; its form may change.
 */
export function renderResult<State, Input, Output>(
  model: Model<State, Input, Output>,
  result: CheckResult<State, Input, Output>,
): string {
  if (result.verdict === 'ok') {
    const { linearizations, steps } = result;
    const count = linearizations.reduce((sum, { operations }) => sum + operations.length, 0);
    return `linearizable: ${counted(count, 'operation')}, ${counted(linearizations.length, 'partition')}, ${counted(steps, 'step')}`;
  }
  const lines = [headline(result)];
  if (result.verdict === 'illegal' && result.reason !== undefined) lines.push(result.reason);
  for (const prefix of result.prefixes) lines.push('', ...prefixLines(model, prefix, result));
  return lines.join('\n');
}

function headline<State, Input, Output>(
  result: Exclude<CheckResult<State, Input, Output>, { verdict: 'ok' }>,
): string {
  const { partition, operations, steps } = result;
  const part = `${partition === undefined ? 'the history' : `partition ${textOf(partition)}`}, ${counted(operations.length, 'operation')}, ${counted(steps, 'step')}`;
  if (result.verdict === 'illegal') return `not linearizable: ${part}`;
  const others = result.undecidedCount - 1;
  const more = others === 0 ? '' : `; ${counted(others, 'more partition')} undecided`;
  return `undecided, the budget of ${result.spent} is spent: ${part}${more}`;
}

function prefixLines<State, Input, Output>(
  model: Model<State, Input, Output>,
  prefix: LinearizablePrefix<State, Input, Output>,
  { prefixes }: Unfinished<State, Input, Output>,
): string[] {
  const { operations, state, stuck, next } = prefix;
  const describe = describer(model);
  const title = prefix === prefixes[0] ? 'the longest linearizable prefix' : 'another prefix';
  const hidden = Math.max(0, operations.length - shownOperations);
  const shown = operations.slice(hidden).map((operation, offset) => {
    return `  ${String(hidden + offset + 1).padStart(5)}. ${describe(operation)}`;
  });
  const obstacles = next.map(({ operation, obstacle }) => {
    const meaning = obstacle === 'illegal' ? 'illegal in this state' : 'legal, but then there is no way on';
    return `    ${describe(operation)}: ${meaning}`;
  });
  return [
    `${title}, ${counted(operations.length, 'operation')}:`,
    ...(hidden > 0 ? [`         (${counted(hidden, 'operation')} before)`] : []),
    ...shown,
    `  state: ${model.describeState?.(state) ?? textOf(state)}`,
    `  no place for: ${describe(stuck)}`,
    ...(obstacles.length === 0 ? [] : ['  what can be next:', ...obstacles]),
  ];
}

/** `#7 client 2 [30, 40] get(x) → "1"` */
function describer<State, Input, Output>(
  model: Model<State, Input, Output>,
): (operation: Operation<Input, Output>) => string {
  return ({ id, client, input, callAt, output, returnAt }) => {
    const who = client === undefined ? '' : ` client ${client}`;
    const what = model.describe?.(input, output) ?? callText('', [textOf(input)], [textIfKnown(output)]);
    return `#${id}${who} [${callAt}, ${returnAt ?? 'never'}] ${what}`;
  };
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
