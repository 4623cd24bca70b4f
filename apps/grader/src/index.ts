export { parseCommand, type GradeCommand, type ParsedCommand } from './command.ts';
export { grade, type ExitCode, type GradeParts } from './grade.ts';
export { runTaskWith, type RunTaskOptions } from './run-task.ts';
export type { Execute, Task, TaskReport } from './task.ts';
