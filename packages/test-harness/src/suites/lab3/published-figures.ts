// The figures that the course publishes for one passing run (MIT 6.5840, page of Lab 3, 2024). Three tests are newer than the
// page, so they have no figures.
import type { Statistics } from '../../cluster/statistics.ts';

/** By test id. */
export const publishedFigures: ReadonlyMap<string, Statistics> = new Map(
  (
    [
      // test, seconds, RPCs, bytes, commands
      ['TestInitialElection3A', 3.5, 58, 16_840, 0],
      ['TestReElection3A', 5.4, 118, 25_269, 0],
      ['TestManyElections3A', 7.3, 624, 138_014, 0],
      ['TestBasicAgree3B', 0.9, 16, 4_572, 3],
      ['TestRPCBytes3B', 1.7, 48, 114_536, 11],
      ['TestFailAgree3B', 3.6, 78, 22_131, 7],
      ['TestFailNoAgree3B', 3.8, 172, 40_935, 3],
      ['TestConcurrentStarts3B', 1.1, 24, 7_379, 6],
      ['TestRejoin3B', 5.1, 152, 37_021, 4],
      ['TestBackup3B', 17.2, 2_080, 1_587_388, 102],
      ['TestCount3B', 2.2, 60, 20_119, 12],
      ['TestPersist13C', 5.0, 86, 22_849, 6],
      ['TestPersist23C', 17.6, 952, 218_854, 16],
      ['TestPersist33C', 2.0, 34, 8_937, 4],
      ['TestFigure83C', 31.2, 580, 130_675, 32],
      ['TestUnreliableAgree3C', 1.7, 1_044, 366_392, 246],
      ['TestFigure8Unreliable3C', 33.6, 10_700, 33_695_245, 308],
      ['TestReliableChurn3C', 16.1, 8_864, 44_771_259, 1_544],
      ['TestUnreliableChurn3C', 16.5, 4_220, 6_414_632, 906],
      ['TestSnapshotBasic3D', 11.6, 176, 61_716, 192],
      ['TestSnapshotInstall3D', 64.2, 878, 320_610, 336],
      ['TestSnapshotInstallUnreliable3D', 81.1, 1_059, 375_850, 341],
      ['TestSnapshotInstallCrash3D', 53.5, 601, 256_638, 339],
      ['TestSnapshotInstallUnCrash3D', 63.5, 687, 288_294, 336],
      ['TestSnapshotAllCrash3D', 19.5, 268, 81_352, 58],
    ] as const
  ).map(([id, seconds, rpcs, bytes, commands]) => [id, { seconds, rpcs, bytes, commands }]),
);
