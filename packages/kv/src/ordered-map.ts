// The pairs of the store: a map from strings to values with versions, in the order of the code units of its keys, of which a view
// costs nothing. It is a B+ tree whose nodes are copied before their first change after a view, so a snapshot can be encoded piece by
// piece while the map goes on changing. Versions are numbers in the leaves: an object for each pair would have to be fetched from memory,
// made and collected for each put.
import { assert } from '@raftlab/runtime/assert';

/** A node has at most this many keys: few enough to insert one quickly, and many enough to make the tree shallow. */
const fanout = 64;

/** A node is changed in place only by the owner that created it. Each view ends an ownership. */
type Owner = symbol;

interface Leaf {
  readonly kind: 'leaf';
  readonly owner: Owner;
  /** Ascending. */
  readonly keys: string[];
  /** The value of each key, and its version. */
  readonly values: string[];
  readonly versions: number[];
}

interface Branch {
  readonly kind: 'branch';
  readonly owner: Owner;
  /**
   * No key below a child is less than the key here, except below the first child, which has everything before the second: the first
   * key here says nothing, and may be greater than the second.
   */
  readonly keys: string[];
  readonly children: Node[];
}

type Node = Leaf | Branch;

/** A value with its version. */
export interface Versioned {
  readonly value: string;
  /** How many changes have made the value; 1 or more. */
  readonly version: number;
}

/** Keys that follow one another, with their values and versions. Must not be changed. */
export interface Run {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  readonly versions: readonly number[];
}

/** A map as it was when its view was taken. */
export interface OrderedView {
  /** How many keys it has. */
  readonly size: number;
  /** All entries in order, as runs of at most 64. */
  runs(): Iterable<Run>;
}

/** An ordered map. Every operation takes time in proportion to the logarithm of the number of keys. */
export class OrderedMap {
  #owner: Owner = Symbol('owner');
  #root: Node = emptyLeaf(this.#owner);
  #size = 0;

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** The value of a key; undefined when it is missing. */
  get(key: string): Versioned | undefined {
    let node = this.#root;
    while (node.kind === 'branch') node = childAt(node, childOffset(node.keys, key));
    const at = offsetIn(node, key);
    return at < 0 ? undefined : versionedAt(node, at);
  }

  /** Adds a key with version 1, or replaces its value and counts its version up. Returns the version. */
  put(key: string, value: string): number {
    const leaf = this.#ownedLeafOf(key);
    const at = offsetIn(leaf, key);
    if (at < 0) {
      this.#insert(key, { value, version: 1 });
      return 1;
    }
    const version = (leaf.versions[at] ?? 0) + 1;
    leaf.values[at] = value;
    leaf.versions[at] = version;
    return version;
  }

  /** Adds a key with any version, or replaces its value and version. */
  set(key: string, versioned: Versioned): void {
    const leaf = this.#ownedLeafOf(key);
    const at = offsetIn(leaf, key);
    if (at < 0) {
      this.#insert(key, versioned);
      return;
    }
    leaf.values[at] = versioned.value;
    leaf.versions[at] = versioned.version;
  }

  /** Removes a key. Empty nodes are removed; others are not merged, so a map keeps at most the nodes of its largest size. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    const root = this.#owned(this.#root);
    this.#deleteBelow(root, key);
    this.#size -= 1;
    assert(this.#size >= 0, 'more keys were deleted than there were');
    this.#root = root;
    while (this.#root.kind === 'branch' && this.#root.children.length <= 1)
      this.#root = this.#root.children[0] ?? emptyLeaf(this.#owner);
    return true;
  }

  /** The entries from `key` on, in order. The map must not be changed meanwhile. */
  *entriesFrom(key: string): Generator<readonly [key: string, versioned: Versioned]> {
    for (const run of runsFrom(this.#root, key)) {
      for (let at = firstAtLeast(run.keys, key); at < run.keys.length; at += 1)
        yield [run.keys[at] ?? '', versionedAt(run, at)];
    }
  }

  /** The map as it is now. Later changes copy the nodes that they change. */
  view(): OrderedView {
    const root = this.#root;
    this.#owner = Symbol('owner');
    return { size: this.#size, runs: () => runsFrom(root, '') };
  }

  /** The node itself if no view has it, else a copy. */
  #owned(node: Node): Node {
    const owner = this.#owner;
    if (node.owner === owner) return node;
    const keys = node.keys.slice();
    if (node.kind === 'branch') return { kind: 'branch', owner, keys, children: node.children.slice() };
    return { kind: 'leaf', owner, keys, values: node.values.slice(), versions: node.versions.slice() };
  }

  /** The leaf that has a key, or would have it. No view shares a node on the path to it. */
  #ownedLeafOf(key: string): Leaf {
    let node = (this.#root = this.#owned(this.#root));
    while (node.kind === 'branch') {
      const at = childOffset(node.keys, key);
      const child = this.#owned(childAt(node, at));
      node.children[at] = child;
      node = child;
    }
    return node;
  }

  /** Adds a key, after `#ownedLeafOf` of it. */
  #insert(key: string, versioned: Versioned): void {
    const root = this.#root;
    const right = this.#insertBelow(root, key, versioned);
    this.#size += 1;
    if (right === undefined) return;
    const keys = [root.keys[0] ?? '', right.keys[0] ?? ''];
    this.#root = { kind: 'branch', owner: this.#owner, keys, children: [root, right] };
  }

  /** Returns the new right neighbour of a node that was split. */
  #insertBelow(node: Node, key: string, versioned: Versioned): Node | undefined {
    assert(node.owner === this.#owner, 'a node that is changed has no view');
    if (node.kind === 'leaf') {
      const at = firstAtLeast(node.keys, key);
      node.keys.splice(at, 0, key);
      node.values.splice(at, 0, versioned.value);
      node.versions.splice(at, 0, versioned.version);
      return this.#splitIfFull(node, at);
    }
    const at = childOffset(node.keys, key);
    const right = this.#insertBelow(childAt(node, at), key, versioned);
    if (right === undefined) return undefined;
    assert(right.keys.length > 0, 'a node that was split off has keys');
    node.keys.splice(at + 1, 0, right.keys[0] ?? '');
    node.children.splice(at + 1, 0, right);
    return this.#splitIfFull(node, at + 1);
  }

  /** A node that has grown at its end is split there, so that keys that come in order fill their nodes. */
  #splitIfFull(node: Node, grownAt: number): Node | undefined {
    const { length } = node.keys;
    if (length <= fanout) return undefined;
    const at = grownAt === length - 1 ? length - 1 : length >> 1;
    assert(at >= 1 && at < length, () => `a node of ${length} keys is split at ${at}`);
    const owner = this.#owner;
    const keys = node.keys.splice(at);
    if (node.kind === 'branch') return { kind: 'branch', owner, keys, children: node.children.splice(at) };
    return { kind: 'leaf', owner, keys, values: node.values.splice(at), versions: node.versions.splice(at) };
  }

  #deleteBelow(node: Node, key: string): void {
    if (node.kind === 'leaf') {
      const at = offsetIn(node, key);
      assert(at >= 0, 'a key that is deleted is there');
      node.keys.splice(at, 1);
      node.values.splice(at, 1);
      node.versions.splice(at, 1);
      return;
    }
    const at = childOffset(node.keys, key);
    const child = this.#owned(childAt(node, at));
    node.children[at] = child;
    this.#deleteBelow(child, key);
    if (child.keys.length > 0) return;
    node.keys.splice(at, 1);
    node.children.splice(at, 1);
  }
}

function emptyLeaf(owner: Owner): Leaf {
  return { kind: 'leaf', owner, keys: [], values: [], versions: [] };
}

function versionedAt({ values, versions }: Run, offset: number): Versioned {
  const [value, version] = [values[offset], versions[offset]];
  assert(value !== undefined && version !== undefined, 'a run has a value and a version for each key');
  return { value, version };
}

function childAt(node: Branch, offset: number): Node {
  const child = node.children[offset];
  assert(child !== undefined, () => `a branch of ${node.children.length} has no child ${offset}`);
  return child;
}

/** The offset of a key in a leaf; -1 when it is missing. */
function offsetIn({ keys }: Leaf, key: string): number {
  const at = firstAtLeast(keys, key);
  return keys[at] === key ? at : -1;
}

/** The child of a branch below which the key is, if it is anywhere. */
function childOffset(keys: readonly string[], key: string): number {
  const at = firstAtLeast(keys, key, 1);
  return keys[at] === key ? at : at - 1;
}

/** The leaves from that one on which has `key`, or would have it. */
function* runsFrom(node: Node, key: string): Generator<Run> {
  if (node.kind === 'leaf') {
    yield node;
    return;
  }
  const first = childOffset(node.keys, key);
  assert(node.children.length === node.keys.length, 'a branch has a key for each child');
  for (let at = first; at < node.children.length; at += 1) yield* runsFrom(childAt(node, at), key);
}

/** The offset of the first key from `start` on that is not before `key`. */
function firstAtLeast(keys: readonly string[], key: string, start = 0): number {
  let [low, high] = [start, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  assert(low <= keys.length, 'a search has left the list');
  return low;
}
