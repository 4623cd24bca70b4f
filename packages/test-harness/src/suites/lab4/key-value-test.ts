// A test of Lab 4, as data: a cluster of key/value servers, and a script.
import type { MessageTime } from '@raftlab/labrpc';
import { messageTimeFor, usualMessageTime } from '../message-time.ts';
import type { GradedTest } from '../suite.ts';
import type { GenericTestOptions } from './generic-test.ts';
import { genericTest } from './generic-test.ts';
import { KeyValueCluster } from './key-value-cluster.ts';

/** A test of Lab 4: the cluster that it needs, and its script. */
export interface KeyValueTest {
  /** The lab's name, e.g. `TestBasic4A`. */
  readonly id: string;
  /** `4A` or `4B`. */
  readonly part: string;
  readonly title: string;
  readonly servers: number;
  readonly isUnreliable?: boolean;
  /** Without it no snapshots are taken. */
  readonly maxRaftState?: number;
  /** The time that a message takes. */
  readonly messageTime?: MessageTime;
  /** Whether messages take no time when the test runs in real time. */
  readonly isInstantInRealTime?: boolean;
  readonly script: (cluster: KeyValueCluster) => Promise<void>;
}

/** The test in the common format of suites. Every history is checked at its end. */
export function keyValueTest(test: KeyValueTest): GradedTest {
  const { id, part, title, servers, isUnreliable = false, maxRaftState = -1, script } = test;
  return {
    id,
    part,
    title,
    servers,
    open(setting, implementation) {
      const isInstant = test.isInstantInRealTime === true && setting.mode === 'real';
      const messageTime = isInstant ? undefined : (test.messageTime ?? usualMessageTime);
      const options = { servers, isUnreliable, maxRaftState, messageTime, implementation };
      const cluster = new KeyValueCluster(setting, options);
      const run = async (): Promise<void> => {
        await script(cluster);
        cluster.checkHistory();
      };
      return { cluster, run };
    },
  };
}

/** The parameters of a GenericTest. Missing ones are false. */
export interface GenericTestParameters {
  readonly id: string;
  readonly part: '4A' | '4B';
  readonly clients: number;
  readonly servers: number;
  readonly isUnreliable?: boolean;
  readonly crashes?: boolean;
  readonly partitions?: boolean;
  readonly hasRandomKeys?: boolean;
  readonly messageTime?: MessageTime;
}

/** In 4B servers take snapshots, at this many bytes of persisted state. */
export const snapshotStateBytes = 1000;

/** A GenericTest with its parameters, titled as the lab does. */
export function generic(parameters: GenericTestParameters): KeyValueTest {
  const { id, part, clients, servers, isUnreliable = false, ...rest } = parameters;
  const { crashes = false, partitions = false, hasRandomKeys = false } = rest;
  // An unreliable network has its own delays.
  const usual = isUnreliable ? usualMessageTime : messageTimeFor(clients);
  const { messageTime = usual } = rest;
  const maxRaftState = part === '4B' ? snapshotStateBytes : -1;
  const words = [
    isUnreliable && 'unreliable net',
    crashes && 'restarts',
    partitions && 'partitions',
    maxRaftState !== -1 && 'snapshots',
    hasRandomKeys && 'random keys',
    clients > 1 ? 'many clients' : 'one client',
  ];
  const options: GenericTestOptions = { clients, crashes, partitions, maxRaftState, hasRandomKeys };
  return {
    id,
    part,
    title: words.filter((word) => word !== false).join(', '),
    servers,
    isUnreliable,
    maxRaftState,
    messageTime,
    script: (cluster) => genericTest(cluster, options),
  };
}
