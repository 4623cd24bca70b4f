// What is being looked at, and everything that one can do about it. Drawing is left to whoever is told of a change.
import { parseAddress, formatAddress, type Theme } from '../model/address.ts';
import { formatTerms, parseTerms, passing, showAll, type Filter } from '../model/filter.ts';
import type { Run } from '../model/run.ts';
import { neighbour, nextOf, offsetAt, statesAt } from '../model/seek.ts';
import type { ServerState } from '../model/server-state.ts';
import { Search } from '../model/search.ts';
import { pan, showing, within, zoom, type TimeWindow } from '../model/window.ts';

/** How many events `search` looks at in one frame. */
const searchPortion = 20_000;
/** Milliseconds between two writings of the address: browsers allow a few hundred in half a minute. */
const addressInterval = 400;

export class Session {
  readonly run: Run;
  window: TimeWindow;
  /** The event under the cursor. */
  cursor: number;
  /** The instant under the cursor: that of the event, or later, where nothing else has happened yet. */
  cursorAt: number;
  filter: Filter = showAll;
  passes: (offset: number) => boolean;
  search: Search;
  /** What stands in the terms field, and what is wrong with it. */
  termsText: string;
  termsProblem: string | undefined;
  isPlaying = false;
  /** Milliseconds of the run in a millisecond of the viewer. */
  speed = 0.1;
  theme: Theme;
  /** By how many entries the log table is scrolled back from its end. */
  logsBack = 0;
  notice: string | undefined;

  readonly #redraw: () => void;
  #isDrawingDue = false;
  #isClosed = false;
  #lastFrame: number | undefined;
  #addressWritten = 0;
  #isAddressStale = false;

  constructor(run: Run, hash: string, redraw: () => void) {
    const { address, problems } = parseAddress(hash);
    this.run = run;
    this.#redraw = redraw;
    const failedAt = run.failures[0] ?? (run.header.outcome === 'failed' ? run.events.length - 1 : 0);
    this.cursor = Math.max(0, Math.min(address.event ?? failedAt, run.events.length - 1));
    this.cursorAt = this.#timeOf(this.cursor);
    this.window = within(address.window ?? this.#firstWindow(), this.bounds);
    this.filter = address.filter;
    this.termsText = formatTerms(address.filter.terms);
    this.passes = passing(run, address.filter);
    this.search = new Search(run, address.query);
    this.theme = address.theme;
    if (problems.length > 0) this.notice = `Not understood in the address: ${problems.join(', ')}`;
    this.#request();
  }

  get bounds(): TimeWindow {
    return { from: this.run.start, to: this.run.end };
  }

  states(): readonly ServerState[] {
    return statesAt(this.run, this.cursor);
  }

  // ---- the cursor ----

  seek(offset: number, at?: number): void {
    this.cursor = Math.min(Math.max(offset, 0), Math.max(0, this.run.events.length - 1));
    this.cursorAt = at ?? this.#timeOf(this.cursor);
    this.#moveTo(showing(this.window, this.cursorAt));
    this.#changed();
  }

  seekTime(at: number): void {
    const time = Math.min(Math.max(at, this.run.start), this.run.end);
    this.seek(offsetAt(this.run, time), time);
  }

  /** To the next or the previous event that the filter lets pass. */
  step(direction: 1 | -1, count = 1): void {
    let offset = this.cursor;
    for (let done = 0; done < count; done += 1) {
      const next = neighbour(this.run, { offset, direction }, this.passes);
      if (next === undefined) break;
      offset = next;
    }
    this.pause();
    this.seek(offset);
  }

  goToStep(direction: 1 | -1): void {
    this.#goTo(this.run.steps, direction);
  }

  goToMatch(direction: 1 | -1): void {
    this.#goTo(this.search.matches, direction);
  }

  goToFailure(): void {
    const [failure] = this.run.failures;
    if (failure !== undefined) this.seek(failure);
  }

  #goTo(offsets: readonly number[], direction: 1 | -1): void {
    const next = nextOf(offsets, this.cursor, direction) ?? (direction === 1 ? offsets[0] : offsets.at(-1));
    if (next !== undefined) this.seek(next);
  }

  // ---- the window ----

  zoomBy(factor: number, anchor = this.#anchor()): void {
    this.#moveTo(zoom(this.window, factor, anchor));
    this.#changed();
  }

  /** By a share of what is in view. */
  panBy(share: number): void {
    this.#moveTo(pan(this.window, share * (this.window.to - this.window.from)));
    this.#changed();
  }

  show(window: TimeWindow): void {
    this.#moveTo(window);
    this.#changed();
  }

  showAll(): void {
    this.show({ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY });
  }

  /** The same object while it is the same stretch: the picture is drawn anew when it changes. */
  #moveTo(wanted: TimeWindow): void {
    const { from, to } = within(wanted, this.bounds);
    if (from !== this.window.from || to !== this.window.to) this.window = { from, to };
  }

  #anchor(): number {
    const { from, to } = this.window;
    return this.cursorAt >= from && this.cursorAt <= to ? this.cursorAt : (from + to) / 2;
  }

  // ---- filter and search ----

  toggleServer(server: number): void {
    this.#setFilter({ hiddenServers: toggled(this.filter.hiddenServers, server) });
  }

  toggleKind(name: string): void {
    this.#setFilter({ hiddenKinds: toggled(this.filter.hiddenKinds, name) });
  }

  setTerms(text: string): void {
    this.termsText = text;
    try {
      const terms = parseTerms(text);
      this.termsProblem = undefined;
      this.#setFilter({ terms });
    } catch (error) {
      this.termsProblem = error instanceof Error ? error.message : String(error);
      this.#changed();
    }
  }

  clearFilter(): void {
    this.termsText = '';
    this.termsProblem = undefined;
    this.#setFilter(showAll);
  }

  #setFilter(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
    this.passes = passing(this.run, this.filter);
    this.#changed();
  }

  find(query: string): void {
    this.search = new Search(this.run, query);
    this.#changed();
  }

  // ---- playing ----

  togglePlaying(): void {
    if (this.isPlaying) return this.pause();
    this.isPlaying = true;
    this.#lastFrame = undefined;
    if (this.cursorAt >= this.run.end) this.seek(0);
    this.#changed();
  }

  pause(): void {
    this.isPlaying = false;
    this.#changed();
  }

  /** Another session takes its place: from now on it draws nothing, and leaves the address alone. */
  close(): void {
    this.#isClosed = true;
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.#changed();
  }

  // ---- the rest ----

  setTheme(theme: Theme): void {
    this.theme = theme;
    this.#changed();
  }

  scrollLogs(entries: number): void {
    this.logsBack = Math.max(0, this.logsBack + entries);
    this.#changed();
  }

  dismissNotice(): void {
    this.notice = undefined;
    this.#changed();
  }

  #changed(): void {
    this.#isAddressStale = true;
    this.#request();
  }

  /** Draws once in a frame, however much changes. */
  #request(): void {
    if (this.#isDrawingDue) return;
    this.#isDrawingDue = true;
    requestAnimationFrame((now) => {
      this.#isDrawingDue = false;
      if (this.#isClosed) return;
      this.#advance(now);
      this.#redraw();
    });
  }

  /** What goes on by itself: playing, searching, and keeping the address up to date. */
  #advance(now: number): void {
    if (this.isPlaying) {
      const elapsed = this.#lastFrame === undefined ? 0 : now - this.#lastFrame;
      this.#lastFrame = now;
      const at = this.cursorAt + elapsed * this.speed;
      this.seekTime(at);
      if (at >= this.run.end) this.isPlaying = false;
    }
    if (!this.search.isDone) {
      this.search.advance(searchPortion);
      this.#request();
    }
    if (!this.#isAddressStale) return;
    if (now - this.#addressWritten < addressInterval) return this.#request();
    this.#addressWritten = now;
    this.#isAddressStale = false;
    history.replaceState(null, '', `#${this.#address()}`);
  }

  #address(): string {
    const { cursor: event, window, filter, search, theme } = this;
    return formatAddress({ event, window, filter, query: search.query, theme });
  }

  /** Some hundred events, most of them before the cursor: one wants to see how it came to this. */
  #firstWindow(): TimeWindow {
    const from = this.#timeOf(Math.max(0, this.cursor - 200));
    const to = this.#timeOf(Math.min(this.cursor + 80, this.run.events.length - 1));
    const length = Math.max(to - from, 10);
    return { from: from - length * 0.03, to: from + length * 1.06 };
  }

  #timeOf(offset: number): number {
    return this.run.times[offset] ?? this.run.start;
  }
}

function toggled<T>(list: readonly T[], item: T): T[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}
