export { SimulatedFileSystem, type Faults, type Operation } from './simulated-file-system.ts';
