// What `raftlab kv` does without a command.

/** `kv` alone, or with options only, is `kv up`. A wrong word is not: it is no option of `up`. */
export function withDefaultCommand(argv: readonly string[]): readonly string[] {
  const [name, first, ...rest] = argv;
  if (name !== 'kv' || first === '--help' || first === '-h') return argv;
  if (first === undefined) return ['kv', 'up'];
  return first.startsWith('-') ? ['kv', 'up', first, ...rest] : argv;
}
