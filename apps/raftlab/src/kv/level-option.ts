// The option of every command that reads.
import { Option } from 'commander';

export interface ReadLevelFlag {
  readonly level: 'linearizable' | 'lease' | 'local';
}

export function levelOption(): Option {
  return new Option('--level <level>', 'how fresh the answer has to be')
    .choices(['linearizable', 'lease', 'local'])
    .default('linearizable');
}
