// Frames are cut out of a stream in the same way however its bytes arrive.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameError, FrameReader } from '#src/frames';

function frame(kind: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(body.length);
  header[4] = kind;
  return Buffer.concat([header, body]);
}

function read(chunks: readonly Buffer[], maxBytes: number): [number, string][] {
  const taken: [number, string][] = [];
  const reader = new FrameReader(maxBytes, (kind, body) => taken.push([kind, body.toString('hex')]));
  for (const chunk of chunks) reader.push(chunk);
  return taken;
}

const frames = fc.array(fc.tuple(fc.nat(255), fc.uint8Array({ maxLength: 40 })), { maxLength: 8 });

test('every frame is taken once and in order, wherever the stream is cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(60), { maxLength: 30 }), (given, cuts) => {
      const stream = Buffer.concat(given.map(([kind, body]) => frame(kind, body)));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(stream.subarray(at, at + cut));
        at += cut;
      }
      chunks.push(stream.subarray(at));
      const expected = given.map(([kind, body]) => [kind, Buffer.from(body).toString('hex')]);
      expect(read(chunks, 40)).toEqual(expected);
    }),
  );
});

test('a frame is not taken before its last byte has come', () => {
  const bytes = frame(5, Uint8Array.of(1, 2, 3));
  for (let length = 0; length < bytes.length; length += 1) {
    expect(read([bytes.subarray(0, length)], 3)).toEqual([]);
  }
  expect(read([bytes], 3)).toEqual([[5, '010203']]);
});

test('a frame that is too large is refused when its header has come', () => {
  const reader = new FrameReader(3, () => undefined);
  expect(() => reader.push(frame(5, new Uint8Array(4)).subarray(0, 5))).toThrow(FrameError);
  expect(() => read([frame(5, new Uint8Array(4))], 3)).toThrow('a frame of 4 bytes; at most 3 are taken');
});

test('a larger bound holds from the next frame on', () => {
  const taken: number[] = [];
  const reader = new FrameReader(1, (kind) => {
    taken.push(kind);
    reader.maxBytes = 10;
  });
  reader.push(Buffer.concat([frame(1, Uint8Array.of(0)), frame(2, new Uint8Array(10))]));
  expect(taken).toEqual([1, 2]);
});

test('nothing is taken once the reader has been ended, not even what has arrived', () => {
  const taken: number[] = [];
  const reader = new FrameReader(10, (kind) => {
    taken.push(kind);
    reader.end();
  });
  reader.push(Buffer.concat([frame(1, new Uint8Array(0)), frame(2, new Uint8Array(0))]));
  expect(taken).toEqual([1]);
});
