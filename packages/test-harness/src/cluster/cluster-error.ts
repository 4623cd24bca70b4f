/** A script asked for something that the cluster does not have at that moment: a bug of the script, not of the Raft. */
export class ClusterError extends Error {
  override readonly name: string = 'ClusterError';
}
