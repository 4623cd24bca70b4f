export { formatAddress, isLoopback, parseAddress } from './address.ts';
export {
  type LogLevel,
  parseServerConfig,
  type ServerConfig,
  serverConfigSchema,
  settingNames,
} from './config.ts';
export { ConfigError, type ConfigProblem } from './errors.ts';
export { serversMax } from './fields.ts';
export { parseTokens, readMethods, type ServerTokens, tokenLengthMin, type TokenRole } from './access.ts';
export { serverNodeFlags } from './node-flags.ts';
export { restoreDirectory, type RestoreOptions } from './restore.ts';
export { RunningServer } from './running-server.ts';
export { startKeyValueServer, type Surroundings } from './start.ts';
export type { ClusterDocument } from './cluster-document.ts';
export type { ElectionRecord, StatusDocument } from './status-document.ts';
