// TypeScript and JavaScript files as syntax trees, so that checks do not confuse comments, strings and types with code.
import { parseSync, type Comment } from 'oxc-parser';
import type { TextFile } from './repository.ts';

/** A node of the tree, with the fields that the checks read. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface SyntaxTree {
  readonly file: TextFile;
  /** The statements of the file, in order. */
  readonly body: readonly Node[];
  readonly comments: readonly Comment[];
}

export function parse(file: TextFile): SyntaxTree {
  const { program, comments, errors } = parseSync(file.path, file.text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${file.path} does not parse: ${error.message}`);
  const body: readonly unknown[] = program.body;
  return { file, body: body.filter(isNode), comments };
}

/** A node and the node that contains it. */
export interface Visit {
  readonly node: Node;
  readonly parent: Node | undefined;
}

/** Every node with its parent, outermost first: a list, because nested generators take a step for each level of the tree. */
export function walk(nodes: readonly Node[]): readonly Visit[] {
  const visits: Visit[] = [];
  const visit = (value: unknown, parent: Node | undefined): void => {
    if (Array.isArray(value)) {
      for (const element of value) visit(element, parent);
    } else if (isNode(value)) {
      visits.push({ node: value, parent });
      for (const child of Object.values(value)) visit(child, value);
    }
  };
  visit(nodes, undefined);
  return visits;
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every module name in a file: import, export … from, import() and import types. */
export function importsOf(tree: SyntaxTree): Import[] {
  const imports: Import[] = [];
  for (const { node } of walk(tree.body)) {
    const isImport = /^(Import|ExportNamed|ExportAll)Declaration$|^ImportExpression$|^TSImportType$/.test(
      node.type,
    );
    const { source } = node;
    if (isImport && isNode(source) && typeof source['value'] === 'string') {
      imports.push({ specifier: source['value'], line: lineAt(tree.file, node.start) });
    }
  }
  return imports;
}

export function lineAt({ text }: TextFile, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
