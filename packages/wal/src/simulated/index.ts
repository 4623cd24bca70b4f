export { SimulatedFileSystem, type Faults, type Operation } from './simulated-file-system.ts';
export { WalDisk, type WalDiskOptions } from './wal-disk.ts';
