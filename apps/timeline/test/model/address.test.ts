// The address contains everything that determines what is shown.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress, parseAddress, type Address } from '#src/model/address';
import { showAll } from '#src/model/filter';

const count = fc.nat();
const addresses: fc.Arbitrary<Address> = fc.record({
  event: fc.option(count, { nil: undefined }),
  window: fc.option(
    fc
      .tuple(count, fc.integer({ min: 1, max: 1000 }))
      .map(([from, length]) => ({ from: from / 8, to: from / 8 + length })),
    { nil: undefined },
  ),
  filter: fc.record({
    hiddenServers: fc.uniqueArray(count),
    hiddenKinds: fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 })),
    terms: fc.option(
      fc.tuple(count, count).map(([from, more]) => ({ from, to: from + more })),
      { nil: undefined },
    ),
  }),
  query: fc.string({ unit: 'grapheme' }),
  theme: fc.constantFrom('auto' as const, 'light' as const, 'dark' as const),
});

test('parseAddress restores what formatAddress wrote', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      expect(parseAddress(`#${formatAddress(address)}`)).toEqual({ address, problems: [] });
    }),
  );
});

test('an address is a valid URL fragment without further escaping', () => {
  fc.assert(
    fc.property(addresses, (address) => {
      const url = new URL(`file:///page.html#${formatAddress(address)}`);
      expect(url.hash.slice(1)).toBe(formatAddress(address));
    }),
  );
});

test('invalid and unknown parts are ignored and listed', () => {
  const hash = '#event=-3&window=9~2&hide-servers=1~x&terms=seven&find=%E0&theme=pink&colour=red';
  const { address, problems } = parseAddress(hash);
  expect(address).toEqual({ event: undefined, window: undefined, filter: showAll, query: '', theme: 'auto' });
  expect(problems).toEqual([...hash.slice(1).split('&').slice(0, 6), 'colour']);
});

test('an empty address is valid', () => {
  expect(parseAddress('').problems).toEqual([]);
});
