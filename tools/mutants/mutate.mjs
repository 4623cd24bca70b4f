// Applies one bug of the catalogue to a source.

/**
 * The source with the bug. White space in `find` counts as one blank; the text must occur exactly once.
 * @param {string} source @param {import('./catalogue.mjs').Mutant} mutant
 */
export function mutate(source, { id, find, replace }) {
  const pattern = find
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('\\s+');
  const places = source.match(new RegExp(pattern, 'g')) ?? [];
  if (places.length !== 1)
    throw new Error(`${id}: its text occurs ${places.length} times; it must be there once`);
  return source.replace(new RegExp(pattern), () => replace);
}
