// A map from strings, in the order of their code units, of which a view costs nothing: a B+ tree whose nodes are copied before their
// first change after a view. So a snapshot can be encoded piece by piece while the map goes on changing.
import { assert } from '@raftlab/runtime/assert';

/** A node has at most this many keys: few enough to insert one quickly, and many enough to make the tree shallow. */
const fanout = 64;

/** A node is changed in place only by the owner that created it. Each view ends an ownership. */
type Owner = symbol;

interface Leaf<Value> {
  readonly kind: 'leaf';
  readonly owner: Owner;
  /** Ascending. */
  readonly keys: string[];
  /** The value of each key. */
  readonly values: Value[];
}

interface Branch<Value> {
  readonly kind: 'branch';
  readonly owner: Owner;
  /** No key below a child is less than the key here, except below the first child, which has everything before the second. */
  readonly keys: string[];
  readonly children: Node<Value>[];
}

type Node<Value> = Leaf<Value> | Branch<Value>;

/** Keys that follow one another, with their values. Must not be changed. */
export interface Run<Value> {
  readonly keys: readonly string[];
  readonly values: readonly Value[];
}

/** A map as it was when its view was taken. */
export interface OrderedView<Value> {
  /** How many keys it has. */
  readonly size: number;
  /** All entries in order, as runs of at most 64. */
  runs(): Iterable<Run<Value>>;
}

/** Makes the new value of a key. */
export type Next<Value, Argument> = (present: Value | undefined, argument: Argument) => Value;

/** An ordered map. Every operation takes time in proportion to the logarithm of the number of keys. */
export class OrderedMap<Value extends object> {
  #owner: Owner = Symbol('owner');
  #root: Node<Value> = { kind: 'leaf', owner: this.#owner, keys: [], values: [] };
  #size = 0;

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** The value of a key; undefined when it is missing. */
  get(key: string): Value | undefined {
    let node = this.#root;
    while (node.kind === 'branch') node = childAt(node, childOffset(node.keys, key));
    const at = firstAtLeast(node.keys, key);
    return node.keys[at] === key ? node.values[at] : undefined;
  }

  /** Adds a key, or replaces its value. */
  set(key: string, value: Value): void {
    this.update(key, itself, value);
  }

  /**
   * Sets a key to what `next` makes of `argument` and of its value, which is undefined when the key is missing: one search for both.
   * Returns the new value.
   */
  update<Argument>(key: string, next: Next<Value, Argument>, argument: Argument): Value {
    let node = (this.#root = this.#owned(this.#root));
    while (node.kind === 'branch') {
      const at = childOffset(node.keys, key);
      const child = this.#owned(childAt(node, at));
      node.children[at] = child;
      node = child;
    }
    const at = firstAtLeast(node.keys, key);
    const isThere = node.keys[at] === key;
    const value = next(isThere ? node.values[at] : undefined, argument);
    if (isThere) node.values[at] = value;
    else this.#insert(key, value);
    return value;
  }

  /** Removes a key. Nodes that become empty go; others are not merged, so a map keeps at most the nodes of its largest size. */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    const root = this.#owned(this.#root);
    this.#deleteBelow(root, key);
    this.#size -= 1;
    assert(this.#size >= 0, 'more keys were deleted than there were');
    this.#root = root;
    while (this.#root.kind === 'branch' && this.#root.children.length <= 1)
      this.#root = this.#root.children[0] ?? { kind: 'leaf', owner: this.#owner, keys: [], values: [] };
    return true;
  }

  /** The entries from `key` on, in order. The map must not be changed meanwhile. */
  *entriesFrom(key: string): Generator<readonly [key: string, value: Value]> {
    for (const { keys, values } of runsFrom(this.#root, key)) {
      for (let at = firstAtLeast(keys, key); at < keys.length; at += 1) {
        const [name, value] = [keys[at], values[at]];
        assert(name !== undefined && value !== undefined, 'a run has a value for each key');
        yield [name, value];
      }
    }
  }

  /** The map as it is now. Later changes copy the nodes that they change. */
  view(): OrderedView<Value> {
    const root = this.#root;
    this.#owner = Symbol('owner');
    return { size: this.#size, runs: () => runsFrom(root, '') };
  }

  /** The node itself if no view has it, else a copy. */
  #owned(node: Node<Value>): Node<Value> {
    if (node.owner === this.#owner) return node;
    const keys = node.keys.slice();
    return node.kind === 'leaf'
      ? { kind: 'leaf', owner: this.#owner, keys, values: node.values.slice() }
      : { kind: 'branch', owner: this.#owner, keys, children: node.children.slice() };
  }

  /** Adds a key, on a way from the root that this map owns. */
  #insert(key: string, value: Value): void {
    const root = this.#root;
    const right = this.#insertBelow(root, key, value);
    this.#size += 1;
    if (right === undefined) return;
    const keys = [root.keys[0] ?? '', right.keys[0] ?? ''];
    this.#root = { kind: 'branch', owner: this.#owner, keys, children: [root, right] };
  }

  /** Returns the new right neighbour of a node that was split. */
  #insertBelow(node: Node<Value>, key: string, value: Value): Node<Value> | undefined {
    assert(node.owner === this.#owner, 'a node that is changed has no view');
    if (node.kind === 'leaf') {
      const at = firstAtLeast(node.keys, key);
      node.keys.splice(at, 0, key);
      node.values.splice(at, 0, value);
      return this.#splitIfFull(node, at);
    }
    const at = childOffset(node.keys, key);
    const right = this.#insertBelow(childAt(node, at), key, value);
    if (right === undefined) return undefined;
    assert(right.keys.length > 0, 'a node that was split off has keys');
    node.keys.splice(at + 1, 0, right.keys[0] ?? '');
    node.children.splice(at + 1, 0, right);
    return this.#splitIfFull(node, at + 1);
  }

  /** A node that has grown at its end is split there, so that keys that come in order fill their nodes. */
  #splitIfFull(node: Node<Value>, grownAt: number): Node<Value> | undefined {
    const { length } = node.keys;
    if (length <= fanout) return undefined;
    const at = grownAt === length - 1 ? length - 1 : length >> 1;
    assert(at >= 1 && at < length, () => `a node of ${length} keys is split at ${at}`);
    const keys = node.keys.splice(at);
    return node.kind === 'leaf'
      ? { kind: 'leaf', owner: this.#owner, keys, values: node.values.splice(at) }
      : { kind: 'branch', owner: this.#owner, keys, children: node.children.splice(at) };
  }

  #deleteBelow(node: Node<Value>, key: string): void {
    if (node.kind === 'leaf') {
      const at = firstAtLeast(node.keys, key);
      assert(node.keys[at] === key, 'a key that is deleted is there');
      node.keys.splice(at, 1);
      node.values.splice(at, 1);
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

function itself<Value>(_present: unknown, value: Value): Value {
  return value;
}

function childAt<Value>(node: Branch<Value>, offset: number): Node<Value> {
  const child = node.children[offset];
  assert(child !== undefined, () => `a branch of ${node.children.length} has no child ${offset}`);
  return child;
}

/** The child of a branch below which the key is, if it is anywhere. */
function childOffset(keys: readonly string[], key: string): number {
  const at = firstAtLeast(keys, key);
  return keys[at] === key ? at : Math.max(0, at - 1);
}

/** The leaves from that one on which has `key`, or would have it. */
function* runsFrom<Value>(node: Node<Value>, key: string): Generator<Run<Value>> {
  if (node.kind === 'leaf') {
    yield node;
    return;
  }
  const first = childOffset(node.keys, key);
  assert(node.children.length === node.keys.length, 'a branch has a key for each child');
  for (let at = first; at < node.children.length; at += 1) yield* runsFrom(childAt(node, at), key);
}

/** The offset of the first key that is not before `key`. */
function firstAtLeast(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  assert(low <= keys.length, 'a search has left the list');
  return low;
}
