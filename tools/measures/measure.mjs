// Measures of the sources: documented exports, assertions, lengths of files and functions. Pure functions from files to
// numbers.
import { dirname, join } from 'node:path/posix';
import { parseSync } from 'oxc-parser';

/** @typedef {{ path: string, text: string }} TextFile */
/** @typedef {{ type: string, start: number, end: number, [field: string]: any }} Node */
/** @typedef {{ name: string, path: string, line: number, lines: number }} MeasuredFunction */

/**
 * One package: `files` are its sources, `entries` the paths of its entry points.
 * @param {readonly TextFile[]} files @param {readonly string[]} entries
 */
export function measure(files, entries) {
  const trees = new Map(files.map((file) => [file.path, parse(file)]));
  const exported = entries.flatMap((entry) => exportsOf(trees, entry));
  const functions = [...trees.values()].flatMap(functionsOf);
  const fileLines = files.map(({ path, text }) => ({ path, lines: countLines(text) }));
  return {
    exportCount: exported.length,
    undocumented: exported
      .filter(({ isDocumented }) => !isDocumented)
      .map(({ name, path }) => `${path}: ${name}`),
    assertionCount: [...trees.values()].reduce((sum, tree) => sum + assertionsIn(tree), 0),
    functions,
    fileLines,
  };
}

/** The value below which the given share of the sorted numbers is. @param {readonly number[]} numbers @param {number} share */
export function quantile(numbers, share) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** @param {TextFile} file */
function parse(file) {
  const { program, comments } = parseSync(file.path, file.text);
  /** @type {unknown} */
  const statements = program.body;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the statements of a syntax tree are nodes
  const body = /** @type {Node[]} */ (statements);
  return { file, body, comments };
}

/** @typedef {ReturnType<typeof parse>} Tree */

/**
 * Names that an entry point exports, followed to their declarations; those of other packages are measured there.
 * @param {ReadonlyMap<string, Tree>} trees @param {string} path
 * @returns {{ name: string, path: string, isDocumented: boolean }[]}
 */
function exportsOf(trees, path) {
  const tree = trees.get(path);
  if (tree === undefined)
    throw new Error(`${path} is not among the sources that are measured; pass it with the others.`);
  return tree.body.flatMap((/** @type {Node} */ node) => {
    if (node.type !== 'ExportNamedDeclaration' && node.type !== 'ExportAllDeclaration') return [];
    if (node['source'] === null || node['source'] === undefined) return declaredNames(tree, node);
    const specifier = node['source'].value;
    if (!specifier.startsWith('.')) return [];
    const found = exportsOf(trees, join(dirname(path), specifier));
    if (node.type === 'ExportAllDeclaration') return found;
    const names = new Set(
      node['specifiers'].map((/** @type {any} */ each) => each.local.name ?? each.local.value),
    );
    return found.filter(({ name }) => names.has(name));
  });
}

/** @param {Tree} tree @param {Node} node */
function declaredNames({ file, comments }, node) {
  const declaration = node['declaration'];
  if (declaration === null || declaration === undefined) return [];
  const isDocumented = comments.some(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= node.start &&
      file.text
        .slice(end, node.start)
        .replace(/^\s*\/\/.*$/gm, '')
        .trim() === '',
  );
  const names =
    declaration.type === 'VariableDeclaration'
      ? declaration.declarations.map((/** @type {any} */ each) => each.id.name)
      : [declaration.id.name];
  return names.map((/** @type {string} */ name) => ({ name, path: file.path, isDocumented }));
}

/** Declared functions, methods, and functions that are the value of a constant. @param {Tree} tree @returns {MeasuredFunction[]} */
function functionsOf({ file, body }) {
  /** @type {MeasuredFunction[]} */
  const found = [];
  const add = (/** @type {string} */ name, /** @type {Node} */ node) => {
    const line = countLines(file.text.slice(0, node.start));
    const lines = countLines(file.text.slice(node.start, node.end));
    found.push({ name, path: file.path, line, lines });
  };
  for (const node of walk(body)) {
    if (node.type === 'FunctionDeclaration' && node['body']) add(node['id']?.name ?? 'default', node);
    if (node.type === 'MethodDefinition' && node['value'].body) add(node['key'].name ?? 'method', node);
    if (node.type === 'VariableDeclarator' && /^(Arrow)?Function/.test(node['init']?.type ?? '')) {
      add(node['id'].name ?? 'constant', node);
    }
  }
  return found;
}

/** @param {Tree} tree */
function assertionsIn({ body }) {
  let count = 0;
  for (const node of walk(body)) {
    if (node.type === 'CallExpression' && /^(assert|expectThat)/.test(node['callee'].name ?? '')) count += 1;
  }
  return count;
}

/** @param {unknown} value @returns {Generator<Node>} */
function* walk(value) {
  if (Array.isArray(value)) for (const each of value) yield* walk(each);
  else if (typeof value === 'object' && value !== null && 'type' in value) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every object with a type in the tree is a node
    const node = /** @type {Node} */ (value);
    yield node;
    for (const child of Object.values(node)) yield* walk(child);
  }
}

/** @param {string} text */
function countLines(text) {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}
