// The figures that the course publishes for one passing run (MIT 6.5840, page of Lab 4, 2024). Those of TestOnePartition4A are the
// sums of its three parts.
import type { Statistics } from '../../cluster/statistics.ts';

/** By test id. */
export const publishedFigures: ReadonlyMap<string, Statistics> = new Map(
  (
    [
      // test, seconds, servers, RPCs, operations
      ['TestBasic4A', 15.5, 5, 4_576, 903],
      ['TestSpeed4A', 15.7, 3, 3_022, 0],
      ['TestConcurrent4A', 15.9, 5, 5_884, 1_160],
      ['TestUnreliable4A', 19.2, 5, 3_083, 441],
      ['TestUnreliableOneKey4A', 2.5, 3, 218, 52],
      ['TestOnePartition4A', 3.9, 5, 275, 8],
      ['TestManyPartitionsOneClient4A', 23.8, 5, 4_501, 765],
      ['TestManyPartitionsManyClients4A', 23.5, 5, 5_692, 974],
      ['TestPersistOneClient4A', 22.2, 5, 4_721, 908],
      ['TestPersistConcurrent4A', 22.5, 5, 5_490, 1_033],
      ['TestPersistConcurrentUnreliable4A', 26.5, 5, 3_532, 474],
      ['TestPersistPartition4A', 29.7, 5, 6_122, 1_060],
      ['TestPersistPartitionUnreliable4A', 32.9, 5, 2_967, 317],
      ['TestPersistPartitionUnreliableLinearizable4A', 35.0, 7, 8_249, 746],
      ['TestSnapshotRPC4B', 4.0, 3, 289, 63],
      ['TestSnapshotSize4B', 2.6, 3, 2_418, 800],
      ['TestSpeed4B', 3.2, 3, 3_025, 0],
      ['TestSnapshotRecover4B', 21.9, 5, 29_266, 5_820],
      ['TestSnapshotRecoverManyClients4B', 21.5, 5, 33_115, 6_420],
      ['TestSnapshotUnreliable4B', 17.4, 5, 3_233, 482],
      ['TestSnapshotUnreliableRecover4B', 22.7, 5, 3_337, 471],
      ['TestSnapshotUnreliableRecoverConcurrentPartition4B', 30.4, 5, 2_725, 274],
      ['TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable4B', 37.7, 7, 8_378, 681],
    ] as const
  ).map(([id, seconds, servers, rpcs, ops]) => [id, { seconds, servers, rpcs, ops }]),
);
