// Lines that others write to standard output, on their way to somewhere else.
import { PassThrough } from 'node:stream';
import { divertLines } from '#src/reporters/stray-output';
import { expect, test } from 'vitest';

test('whole lines are handed on, the last one without its end when it is over', () => {
  const stream = new PassThrough();
  const written: string[] = [];
  stream.on('data', (chunk: Buffer) => void written.push(chunk.toString()));
  const taken: string[] = [];
  const restore = divertLines(stream, (lines) => taken.push(lines));
  stream.write('one\ntw');
  stream.write(Buffer.from('o\n'));
  stream.write('three');
  expect(taken).toEqual(['one\n', 'two\n']);
  restore();
  stream.write('four\n');
  expect(taken).toEqual(['one\n', 'two\n', 'three\n']);
  expect(written).toEqual(['four\n']);
});
