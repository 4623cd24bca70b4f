// The subcommand `kv serve`: one server of the key/value service, in the foreground, until a signal ends it.
import { Command } from 'commander';
import type { Subcommand } from '../../command-context.ts';

const help = `
Each setting is also a key of the configuration file (YAML or JSON: --election-timeout-ms is electionTimeoutMs), and a variable of the
environment (RAFTLAB_KV_ELECTION_TIMEOUT_MS). A flag wins over the environment, and the environment over the file.

When the server takes connections it prints one line to standard output. Its log goes to standard error, as JSON lines.

SIGTERM or Ctrl-C stops it in order: it hands leadership on, ends its calls and connections, and exits within 5 s. A second one ends it
at once.

Exit status: 0 stopped in order; 1 the server failed while it ran, such as after a failed write; 2 it could not start: a setting, an
address, a certificate or the data directory is wrong.`;

export const serveCommand: Subcommand = (context, exit) =>
  new Command('serve')
    .description('Runs one server of the key/value service.')
    .option('--config <file>', 'a file with settings, YAML or JSON')
    .option('--id <number>', 'the number of this server')
    .option('--cluster <name>', 'the name of the cluster: letters a to z, digits, inner hyphens')
    .option('--data <directory>', 'the data of this server; nothing else may use it')
    .option('--start <kind>', 'auto, new (the directory is empty) or existing (it was used before)')
    .option('--listen <host:port>', 'where servers and clients connect; port 0 is any that is free')
    .option('--peers <list>', 'all servers, where this one reaches them: 1=host:port,2=host:port,3=host:port')
    .option('--http <host:port>', 'where status, health and metrics are served; nowhere unless given')
    .option('--election-timeout-ms <ms>', 'the shortest election timeout; 1000 unless given')
    .option('--heartbeat-ms <ms>', 'the interval of heartbeats; a third of the election timeout unless given')
    .option('--snapshot-bytes <bytes>', 'growth of the log until the next snapshot; 64 MiB unless given')
    .option('--segment-bytes <bytes>', 'the size of a file of the log; 64 MiB unless given')
    .option('--connections-max <count>', 'connections at a time; 1024 unless given')
    .option('--pending-max <count>', 'commands and reads at a time; 4096 unless given')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent; info unless given')
    .option('--tls-cert <file>', 'the certificate of this server, for the name server-ID.CLUSTER')
    .option('--tls-key <file>', 'its key')
    .option('--tls-ca <file>', 'the certificate of the authority of the cluster')
    .option(
      '--token-file <file>',
      'tokens of clients: lines ROLE TOKEN, with the roles read, write and server',
    )
    .option('--insecure', 'allow an address that others can reach without TLS')
    .allowExcessArguments(false)
    .addHelpText('after', help)
    .action(async (flags: Readonly<Record<string, unknown>>) => {
      const { serve } = await import('./serve.ts');
      exit(await serve(flags, context));
    });
