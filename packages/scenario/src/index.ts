export { formatMessage } from './message-text.ts';
export { runScenario, type ScenarioOptions, type ScenarioResult } from './run-scenario.ts';
export { ScenarioError } from './scenario-error.ts';
export type { ScenarioCore } from './scenario-server.ts';
export { formatLog } from './state-text.ts';
