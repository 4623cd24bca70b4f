// What all links and connections of one network share, and the options that it is made of.
import type { SecureContext } from 'node:tls';
import type { Clock, Random } from '@raftlab/runtime';
import { checkCluster } from './handshake.ts';
import type { TlsIdentity } from './identity.ts';
import { completeLimits, type TcpLimits } from './limits.ts';
import { checkToken } from './tokens.ts';
import { Reports, type NetworkEvent } from './reports.ts';

/** What both sides of a network are made of. */
export interface NetworkOptions {
  /** The name of the cluster: 1 to 63 letters a to z, digits and inner hyphens. Both sides must have the same. */
  readonly cluster: string;
  readonly clock: Clock;
  /** For the pauses between attempts to connect. */
  readonly random: Random;
  /** A secret of 1 to 512 bytes that this side sends in each handshake. Without TLS it can be read on the way. */
  readonly token?: string | undefined;
  /** Mutual TLS. Without it everything is sent in the clear, and any program that reaches the port is believed. */
  readonly tls?: TlsIdentity | undefined;
  readonly limits?: Partial<TcpLimits>;
  /** Called for what an operator may want to read. Must not throw. */
  readonly onEvent?: (event: NetworkEvent) => void;
}

/** What the parts of one network share. */
export interface NetworkContext {
  readonly cluster: string;
  readonly token: string | undefined;
  readonly tls: SecureContext | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: TcpLimits;
  readonly reports: Reports;
}

/** Throws a RangeError for options that make no sense. */
export function contextOf(
  options: Omit<NetworkOptions, 'tls'>,
  tls: SecureContext | undefined,
): NetworkContext {
  const { cluster, token, clock, random, limits, onEvent } = options;
  checkCluster(cluster);
  if (token !== undefined) checkToken(token);
  return {
    cluster,
    token,
    tls,
    clock,
    random,
    limits: completeLimits(limits),
    reports: new Reports(onEvent),
  };
}
