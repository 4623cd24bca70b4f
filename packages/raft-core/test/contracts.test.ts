// A storage or a network that breaks its contract is reported to `onError`: nothing hangs, and no error is uncaught.
import { ContractError, type PeerStoppedError } from '@raftlab/raft-core';
import { Persister } from '@raftlab/persister';
import { StorageInUseError, type Storage } from '@raftlab/storage';
import type { ClientEnd } from '@raftlab/rpc';
import { describe, expect, test } from 'vitest';
import { close, run } from './peers.ts';
import { SlowStorage } from './slow-storage.ts';

/** A value that the types do not allow, as JavaScript may return it. */
function odd(value: unknown): never {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return value as never;
}

const oddValues: ReadonlyArray<[what: string, value: unknown]> = [
  ['true', true],
  ['null', null],
  ['a number', 7],
  ['an object', {}],
];

function expectContract(error: PeerStoppedError | undefined, kind: string, callee: string): void {
  expect(error).toMatchObject({ kind, cause: { name: 'ContractError', callee } });
  expect(error?.cause).toBeInstanceOf(ContractError);
}

describe('a storage', () => {
  test.each(oddValues)(
    'whose write returns %s stops the peer: the durable content is unknown',
    (_what, value) =>
      run(async (peers) => {
        peers.add(0, { storage: { load: () => undefined, write: () => odd(value), close } });
        await peers.clock.sleep(1000);
        expect(peers.errors).toHaveLength(1);
        expectContract(peers.errors[0], 'storage', 'storage.write');
        expect(peers.raft(0).status().life).toBe('stopped');
      }),
  );

  test('may return a promise of another library, which may be fulfilled with any value', () =>
    run(async (peers) => {
      const persister = new Persister();
      const storage: Storage = {
        load: () => undefined,
        write(batch) {
          persister.write(batch);
          const written = peers.clock.sleep(5).then(() => true);
          // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
          return odd({ then: written.then.bind(written) });
        },
        close,
      };
      const raft = peers.add(0, { storage });
      await peers.leader();
      raft.start('a');
      await peers.clock.sleep(20);
      expect([peers.log(0), peers.errors]).toEqual([['1:a'], []]);
    }));

  test.each([
    ['null', null],
    ['true', true],
  ])('whose load returns %s is not treated as empty', (_what, value) =>
    run(async (peers) => {
      const write = (): void => undefined;
      expect(() => peers.add(0, { storage: { load: () => odd(value), write, close } })).toThrow(
        ContractError,
      );
      peers.add(1, { serverCount: 3, storage: { load: () => odd(Promise.resolve(value)), write, close } });
      await peers.clock.sleep(1);
      expectContract(peers.errors[0], 'load', 'storage.load');
    }),
  );
});

describe('a network', () => {
  test.each([...oddValues, ['undefined', undefined] as const])(
    'whose call resolves to %s stops the peer',
    (_what, value) =>
      run(async (peers) => {
        const end: ClientEnd = { call: () => odd(Promise.resolve(value)) };
        peers.add(0, { serverCount: 3, ends: [end, end, end] });
        await peers.clock.sleep(1000);
        expect(peers.errors).toHaveLength(1);
        expectContract(peers.errors[0], 'transport', 'call');
      }),
  );

  test('whose call returns no promise stops the peer', () =>
    run(async (peers) => {
      const end: ClientEnd = { call: () => odd(undefined) };
      peers.add(0, { serverCount: 3, ends: [end, end, end] });
      await peers.clock.sleep(1000);
      expectContract(peers.errors[0], 'transport', 'call');
    }));
});

describe('a storage that is in use', () => {
  test('is refused to a second peer, which would overwrite the term and the vote of the first (canonical/dqlite#656)', () =>
    run(async (peers) => {
      const storage = new Persister();
      const first = peers.add(0, { storage });
      expect(() => peers.add(0, { storage })).toThrow(StorageInUseError);
      await peers.leader([0]).catch(() => undefined);
      // The first one is not affected.
      expect([first.status().life, peers.errors]).toEqual(['running', []]);
    }));

  test('is free again after the first peer was killed', () =>
    run(async (peers) => {
      const storage = new Persister();
      peers.add(0, { storage }).kill();
      peers.add(0, { storage });
      expect(await peers.leader()).toBe(0);
    }));

  test('is free only when the pending write has ended, whether it succeeds or fails', () =>
    run(async (peers) => {
      for (const end of ['finish', 'fail'] as const) {
        const storage = new SlowStorage();
        const raft = peers.add(0, { storage });
        await peers.clock.sleep(550);
        expect(storage.isWriting).toBe(true);
        raft.kill();
        expect(() => peers.add(0, { storage })).toThrow(StorageInUseError);
        if (end === 'finish') storage.finish();
        else storage.fail(new Error('the disk failed'));
        await peers.clock.sleep(0);
        peers.add(0, { storage }).kill();
      }
      expect(peers.errors).toEqual([]);
    }));

  test('is free again if the peer could not be made, or stopped by itself', () =>
    run(async (peers) => {
      let isBroken = true;
      const storage: Storage = {
        load() {
          if (isBroken) throw new Error('not yet');
          return undefined;
        },
        write: () => Promise.reject(new Error('the disk failed')),
        close,
      };
      expect(() => peers.add(0, { storage })).toThrow('not yet');
      isBroken = false;
      expect(() => peers.add(0, { storage, config: { heartbeatIntervalMs: -1 } })).toThrow(RangeError);
      peers.add(0, { storage });
      await peers.clock.sleep(1000);
      expect(peers.errors).toHaveLength(1);
      peers.add(0, { storage }).kill();
    }));
});
