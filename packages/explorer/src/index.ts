export { type ExplorerBounds, smallBounds } from './bounds.ts';
export {
  explore,
  exploreInSteps,
  type ExplorerOptions,
  type ExplorerProgress,
  type ExplorerReport,
  type ExplorerViolation,
} from './explore.ts';
