// What a server answers over HTTP: health, readiness, metrics, status and the page. It only reads, and needs no secret.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { assert } from '@raftlab/runtime/assert';
import type { Address } from '@raftlab/tcp';
import type { Registry } from 'prom-client';
import type { ClusterDocument } from './cluster-document.ts';
import { statusPage } from './page/status-page.ts';
import { unreadiness, type StatusDocument } from './status-document.ts';

/** What the endpoints read. */
export interface HttpOptions {
  readonly address: Address;
  readonly status: () => StatusDocument;
  readonly cluster: () => Promise<ClusterDocument>;
  readonly registry: Registry;
}

/** Connections at a time: some browsers, and what watches a server. */
const connectionsMax = 64;
const headersMaxBytes = 8 * 1024;
const requestMaxMs = 5000;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The HTTP port of a server. */
export class HttpEndpoints {
  readonly #options: HttpOptions;
  readonly #server: Server;
  #port: number | undefined;

  constructor(options: HttpOptions) {
    this.#options = options;
    const limits = {
      maxHeaderSize: headersMaxBytes,
      headersTimeout: requestMaxMs,
      requestTimeout: requestMaxMs,
      keepAliveTimeout: requestMaxMs,
    };
    this.#server = createServer(limits, (request, response) => void this.#respond(request, response));
    this.#server.maxConnections = connectionsMax;
  }

  /** Where it listens. */
  get address(): Address {
    assert(this.#port !== undefined, 'a server has an address once it listens');
    return { host: this.#options.address.host, port: this.#port };
  }

  /** Listens. Rejects with the system's error, as when the port is in use. */
  listen(): Promise<void> {
    const { host, port } = this.#options.address;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', () => undefined);
        const address = this.#server.address();
        assert(address !== null && typeof address !== 'string', 'a server that listens has a port');
        this.#port = address.port;
        resolve();
      });
    });
  }

  /** Ends every connection, and resolves when the port is free. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.#answer(request);
    response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy':
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'",
      'content-length': Buffer.byteLength(body),
      ...(status === 405 && { allow: 'GET, HEAD' }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  async #answer({ method, url }: IncomingMessage): Promise<Answer> {
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET and HEAD are answered');
    const { status, cluster, registry } = this.#options;
    switch ((url ?? '').replace(/\?.*/, '')) {
      case '/':
        return { status: 200, type: 'text/html; charset=utf-8', body: statusPage };
      case '/healthz': {
        const { state } = status();
        return state === 'failed' ? text(503, 'the peer has stopped') : text(200, 'ok');
      }
      case '/readyz': {
        const problem = unreadiness(status());
        return problem === undefined ? text(200, 'ready') : text(503, problem);
      }
      case '/metrics':
        return { status: 200, type: registry.contentType, body: await registry.metrics() };
      case '/status.json':
        return json(status());
      case '/cluster.json':
        return json(await cluster());
      default:
        return text(404, 'there are /, /healthz, /readyz, /metrics, /status.json and /cluster.json');
    }
  }
}

function json(document: StatusDocument | ClusterDocument): Answer {
  return { status: 200, type: 'application/json', body: `${JSON.stringify(document)}\n` };
}

function text(status: number, sentence: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${sentence}\n` };
}
