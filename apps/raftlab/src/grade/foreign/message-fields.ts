// Fields of the messages of a learner's Raft, by their names in the paper.

/** Names are compared without regard to case: those of Go begin with capitals. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const key = Object.keys(value).find((candidate) => candidate.toLowerCase() === name);
  return key === undefined ? undefined : Reflect.get(value, key);
}
