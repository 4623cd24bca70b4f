// The stored log in the form that its bytes have, page after page: an object for each entry would take ten times the memory,
// and the garbage collector's time. Finding an entry means walking from the start of its page, so the walks are few.
import { entrySizeBytes, readEntryAt, writeEntry, type LogEntry, type Term } from '@raftlab/protocol';

const pageSizeBytes = 16 * 1024;

interface Page {
  readonly bytes: Uint8Array;
  /** The entries that count lie from `start` to `end`. */
  start: number;
  end: number;
  count: number;
  /** Whether somebody else may read what lies behind `end`: nothing is written there any more. */
  isShared: boolean;
}

export class StoredEntries {
  /** None is empty. */
  #pages: Page[] = [];
  #count = 0;
  #sizeBytes = 0;
  /** The term of the last entry, which every write asks for; undefined when it has to be found. */
  #lastTerm: Term | undefined;

  static of(entries: readonly LogEntry[]): StoredEntries {
    const stored = new StoredEntries();
    stored.append(entries);
    return stored;
  }

  /** `count` entries as they lie in `bytes`, which nobody may change any more. */
  static within(bytes: Uint8Array, count: number): StoredEntries {
    const stored = new StoredEntries();
    if (count > 0) stored.#pages.push({ bytes, start: 0, end: bytes.length, count, isShared: true });
    stored.#count = count;
    stored.#sizeBytes = bytes.length;
    return stored;
  }

  /** Shares the pages with the copy; what either does later does not show in the other. */
  copy(): StoredEntries {
    const twin = new StoredEntries();
    for (const page of this.#pages) page.isShared = true;
    twin.#pages = this.#pages.map((page) => ({ ...page }));
    twin.#count = this.#count;
    twin.#sizeBytes = this.#sizeBytes;
    twin.#lastTerm = this.#lastTerm;
    return twin;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The bytes of all entries, one after another. Nobody may change them. */
  parts(): Uint8Array[] {
    return this.#pages.map(({ bytes, start, end }) => bytes.subarray(start, end));
  }

  append(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const sizeBytes = entrySizeBytes(entry);
      const page = this.#pageFor(sizeBytes);
      page.end = writeEntry(page.bytes, page.end, entry);
      page.count += 1;
      this.#sizeBytes += sizeBytes;
      this.#lastTerm = entry.term;
    }
    this.#count += entries.length;
  }

  /** The term of the entry at an offset. */
  termAt(offset: number): Term {
    if (offset !== this.#count - 1) return this.#findTerm(offset);
    this.#lastTerm ??= this.#findTerm(offset);
    return this.#lastTerm;
  }

  #findTerm(offset: number): Term {
    let first = 0;
    for (const page of this.#pages) {
      if (offset < first + page.count) return readEntryAt(page.bytes, place(page, offset - first)).term;
      first += page.count;
    }
    throw new RangeError(`there is no entry at offset ${offset} of ${this.#count}`);
  }

  dropFirst(count: number): void {
    let rest = Math.min(count, this.#count);
    this.#count -= rest;
    let emptied = 0;
    for (const page of this.#pages) {
      if (rest === 0) break;
      const dropped = Math.min(rest, page.count);
      const start = place(page, dropped);
      this.#sizeBytes -= start - page.start;
      page.start = start;
      page.count -= dropped;
      rest -= dropped;
      if (page.count === 0) emptied += 1;
    }
    this.#pages.splice(0, emptied);
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    if (this.#count > count) this.#lastTerm = undefined;
    while (this.#count > count) {
      const page = this.#pages.at(-1);
      if (page === undefined) return;
      const kept = Math.max(0, page.count - (this.#count - count));
      const end = place(page, kept);
      this.#sizeBytes -= page.end - end;
      this.#count -= page.count - kept;
      page.end = end;
      page.count = kept;
      if (kept === 0) this.#pages.pop();
    }
  }

  #pageFor(sizeBytes: number): Page {
    const last = this.#pages.at(-1);
    if (last !== undefined && !last.isShared && last.end + sizeBytes <= last.bytes.length) return last;
    const bytes = new Uint8Array(Math.max(pageSizeBytes, sizeBytes));
    const page = { bytes, start: 0, end: 0, count: 0, isShared: false };
    this.#pages.push(page);
    return page;
  }
}

/** Where in the page its entry at `offset` begins; with as many as there are, where the last one ends. */
function place(page: Page, offset: number): number {
  if (offset === page.count) return page.end;
  let at = page.start;
  for (let skipped = 0; skipped < offset; skipped += 1) at = readEntryAt(page.bytes, at).end;
  return at;
}
