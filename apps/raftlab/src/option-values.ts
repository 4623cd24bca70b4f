// Parsers of option values that several subcommands share.
import { InvalidArgumentError } from 'commander';
import { isTraceFile, traceFormats } from './traces/trace-choice.ts';

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < min || number > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return number;
  };
}

/** A number such as 0.5 or 20, more than 0. */
export function positiveNumber(max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+(\.\d+)?$/.test(text) && number > 0 && number <= max) return number;
    throw new InvalidArgumentError(`It must be a number such as 0.5, more than 0 and at most ${max}.`);
  };
}

export function traceFile(path: string): string {
  if (isTraceFile(path)) return path;
  throw new InvalidArgumentError(`Its name must end in ${traceFormats.join(' or ')}.`);
}
