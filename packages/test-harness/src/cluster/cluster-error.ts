/** A script used a part of the cluster that does not exist at that moment: a bug of the script, not of the Raft. */
export class ClusterError extends Error {
  override readonly name: string = 'ClusterError';
}
