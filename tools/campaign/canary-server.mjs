// A server with a bug that a campaign must find. The bug is in what the server is made of; the packages are unchanged.
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KeyValueServer, makeAdminService } from '@raftlab/kv';
import { Membership } from '@raftlab/protocol';
import { Raft, serviceConfig } from '@raftlab/raft-core';
import { Random, SystemClock } from '@raftlab/runtime';
import { listen } from '@raftlab/tcp';
import { openWal } from '@raftlab/wal';
import { EarlyStorage } from './early-storage.mjs';

const text = /** @type {const} */ ({ type: 'string', default: '' });
const { values: flags } = parseArgs({
  options: {
    canary: text,
    id: text,
    cluster: text,
    data: text,
    listen: text,
    http: text,
    peers: text,
    'snapshot-bytes': text,
    'election-timeout-ms': text,
    'tls-cert': text,
    'tls-key': text,
    'tls-ca': text,
  },
});
const { canary, cluster, data } = flags;
const me = Number(flags.id);
const clock = new SystemClock();
const random = Random.fromSeed(`${process.pid} ${clock.now()}`);
const peers = new Map(flags.peers.split(',').map(readPeer));
const tls = flags['tls-cert'] === '' ? undefined : readIdentity();

const wal = await openWal(data, { cluster, server: me, start: existsSync(data) ? 'existing' : 'new' });
const storage = canary === 'early-answer' ? new EarlyStorage(wal) : wal;
/** The commands of the replicated state machine are bytes already. */
const commandCodec = {
  name: 'command',
  encode: (/** @type {Uint8Array} */ command) => command.slice(),
  decode: (/** @type {Uint8Array} */ bytes) => bytes.slice(),
};
/** The transport exists when the network listens, and the network needs the service of a server with a peer. */
/** @type {import('@raftlab/tcp').TcpServer | undefined} */
let network;
/** @type {Raft<Uint8Array> | undefined} */
let raft;
const server = new KeyValueServer({
  clock,
  makePeer: (applyCh) => {
    const transport = {
      send: (/** @type {import('@raftlab/tcp').OutgoingMessage} */ envelope) =>
        network?.transport.send(envelope),
      close: () => network?.transport.close(),
    };
    const membership = new Membership(peers.keys());
    raft = new Raft({
      me,
      membership,
      transport,
      storage,
      applyCh,
      commandCodec,
      clock,
      random,
      config: serviceConfig,
    });
    return raft;
  },
});
if (raft === undefined) throw new Error('the server has made no peer');
if (canary === 'local-read') {
  const { store } = server;
  const read = store.read.bind(store);
  store.read = (query) => read(query, 'local');
}
network = await listen({
  cluster,
  server: me,
  host: '127.0.0.1',
  port: 0,
  peers,
  clock,
  random,
  services: [
    server.service,
    makeAdminService({
      server,
      raft,
      clock,
    }),
  ],
  ...(tls && { tls }),
});
network.transport.connect(raft);
process.on('SIGTERM', () => process.exit(0));
console.log(
  `raftlab kv: server ${me} of cluster ${cluster} listens on 127.0.0.1:${network.address.port}, a canary: ${canary}`,
);

/** @param {string} peer @returns {[number, import('@raftlab/tcp').Address]} */
function readPeer(peer) {
  const [, id, host = '', port] = /^(\d+)=(.*):(\d+)$/.exec(peer) ?? [];
  return [Number(id), { host, port: Number(port) }];
}

function readIdentity() {
  const read = (/** @type {'tls-cert' | 'tls-key' | 'tls-ca'} */ flag) => readFileSync(flags[flag], 'utf8');
  return { cert: read('tls-cert'), key: read('tls-key'), ca: read('tls-ca') };
}
