// The simulated network passes the compliance suite of transports, in virtual and in real time.
import { Network, Server } from '@raftlab/labrpc';
import type { Service } from '@raftlab/rpc';
import { transportCompliance, type TransportUnderTest } from '@raftlab/rpc/compliance';
import { Random, SystemClock, VirtualClock, type Clock } from '@raftlab/runtime';
import { describe, test } from 'vitest';

function transport(clock: Clock, services: readonly Service[]): TransportUnderTest {
  const network = new Network({ clock, random: Random.fromSeed(1) });
  const end = network.makeEnd('client');
  const startServer = (offered: readonly Service[]): void => {
    const server = new Server();
    for (const service of offered) server.addService(service);
    network.addServer('server', server);
  };
  startServer(services);
  network.connect('client', 'server');
  network.enable('client', true);
  return {
    end,
    clock,
    startServer,
    stopServer: () => network.deleteServer('server'),
    close: () => network.cleanup(),
  };
}

describe('the simulated network is a transport', () => {
  for (const suite of transportCompliance) {
    test(`virtual time: ${suite.title}`, () => {
      const clock = new VirtualClock();
      return clock.run(() => suite.run((services) => transport(clock, services)));
    });
    test(`real time: ${suite.title}`, () => suite.run((services) => transport(new SystemClock(), services)));
  }
});
