// The sample figures that the course publishes for a passing run (MIT 6.5840, 2024 lab page): an orientation for time
// and bytes, and for RPCs a mark to stay under. Three tests are newer than the page and have no figures.

export interface LabFigure {
  readonly seconds: number;
  readonly rpcs: number;
  readonly bytes: number;
  readonly commands: number;
}

/** By test id. */
export const labFigures: ReadonlyMap<string, LabFigure> = new Map([
  row('TestInitialElection3A', 3.5, 58, 16_840, 0),
  row('TestReElection3A', 5.4, 118, 25_269, 0),
  row('TestManyElections3A', 7.3, 624, 138_014, 0),
  row('TestBasicAgree3B', 0.9, 16, 4_572, 3),
  row('TestRPCBytes3B', 1.7, 48, 114_536, 11),
  row('TestFailAgree3B', 3.6, 78, 22_131, 7),
  row('TestFailNoAgree3B', 3.8, 172, 40_935, 3),
  row('TestConcurrentStarts3B', 1.1, 24, 7_379, 6),
  row('TestRejoin3B', 5.1, 152, 37_021, 4),
  row('TestBackup3B', 17.2, 2_080, 1_587_388, 102),
  row('TestCount3B', 2.2, 60, 20_119, 12),
  row('TestPersist13C', 5.0, 86, 22_849, 6),
  row('TestPersist23C', 17.6, 952, 218_854, 16),
  row('TestPersist33C', 2.0, 34, 8_937, 4),
  row('TestFigure83C', 31.2, 580, 130_675, 32),
  row('TestUnreliableAgree3C', 1.7, 1_044, 366_392, 246),
  row('TestFigure8Unreliable3C', 33.6, 10_700, 33_695_245, 308),
  row('TestReliableChurn3C', 16.1, 8_864, 44_771_259, 1_544),
  row('TestUnreliableChurn3C', 16.5, 4_220, 6_414_632, 906),
  row('TestSnapshotBasic3D', 11.6, 176, 61_716, 192),
  row('TestSnapshotInstall3D', 64.2, 878, 320_610, 336),
  row('TestSnapshotInstallUnreliable3D', 81.1, 1_059, 375_850, 341),
  row('TestSnapshotInstallCrash3D', 53.5, 601, 256_638, 339),
  row('TestSnapshotInstallUnCrash3D', 63.5, 687, 288_294, 336),
  row('TestSnapshotAllCrash3D', 19.5, 268, 81_352, 58),
]);

function row(
  id: string,
  seconds: number,
  rpcs: number,
  bytes: number,
  commands: number,
): [string, LabFigure] {
  return [id, { seconds, rpcs, bytes, commands }];
}
