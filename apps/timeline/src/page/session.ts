// The state of the viewer, and everything that the user can do with it. It does not draw: it calls `redraw` after a change.
import { parseAddress, formatAddress, type Theme } from '../model/address.ts';
import { formatTerms, parseTerms, filterPredicate, showAll, type Filter } from '../model/filter.ts';
import type { Run } from '../model/run.ts';
import { neighbour, nextOffset, offsetAt, statesAt } from '../model/seek.ts';
import type { ServerState } from '../model/server-state.ts';
import { Search } from '../model/search.ts';
import { pan, windowShowing, clampWindow, zoom, type TimeWindow } from '../model/window.ts';

/** How many events are searched per frame. */
const searchEventsPerFrame = 20_000;
/** The least time between two updates of the address: browsers allow a few hundred in half a minute. */
const addressIntervalMs = 400;

/** One run that is being viewed. Properties are read by the components; only the methods change them. */
export class Session {
  readonly run: Run;
  /** The time in view. */
  window: TimeWindow;
  /** The offset of the event under the cursor. */
  cursor: number;
  /** The time of the cursor, in milliseconds: that of the event, or a later one before the next event. */
  cursorAt: number;
  filter: Filter = showAll;
  /** Whether the filter shows the event at an offset. A new function whenever the filter changes. */
  passes: (offset: number) => boolean;
  search: Search;
  /** The text of the terms field, and why it is invalid. */
  termsText: string;
  termsProblem: string | undefined;
  isPlaying = false;
  /** Milliseconds of the run per millisecond of real time. */
  speed = 0.1;
  theme: Theme;
  /** How many entries the log table is scrolled back from the end of the longest log. */
  logsBack = 0;
  /** A message for the user, until it is dismissed. */
  notice: string | undefined;

  readonly #redraw: () => void;
  #isDrawingDue = false;
  #isClosed = false;
  #lastFrame: number | undefined;
  #addressWritten = 0;
  #isAddressStale = false;

  /** @param redraw Called at most once per frame, after changes. */
  constructor(run: Run, hash: string, redraw: () => void) {
    const { address, problems } = parseAddress(hash);
    this.run = run;
    this.#redraw = redraw;
    const failedAt = run.failures[0] ?? (run.header.outcome === 'failed' ? run.events.length - 1 : 0);
    this.cursor = Math.max(0, Math.min(address.event ?? failedAt, run.events.length - 1));
    this.cursorAt = this.#timeOf(this.cursor);
    this.window = clampWindow(address.window ?? this.#firstWindow(), this.bounds);
    this.filter = address.filter;
    this.termsText = formatTerms(address.filter.terms);
    this.passes = filterPredicate(run, address.filter);
    this.search = new Search(run, address.query);
    this.theme = address.theme;
    if (problems.length > 0) this.notice = `Ignored parts of the address: ${problems.join(', ')}`;
    this.#request();
  }

  /** The time of the whole run. */
  get bounds(): TimeWindow {
    return { from: this.run.start, to: this.run.end };
  }

  /** The states of all servers at the cursor, by server. */
  states(): readonly ServerState[] {
    return statesAt(this.run, this.cursor);
  }

  // ---- the cursor ----

  /** Moves the cursor to an event, or into the time after it, and brings it into view. */
  seek(offset: number, at?: number): void {
    this.cursor = Math.min(Math.max(offset, 0), Math.max(0, this.run.events.length - 1));
    this.cursorAt = at ?? this.#timeOf(this.cursor);
    this.#moveTo(windowShowing(this.window, this.cursorAt));
    this.#changed();
  }

  /** Moves the cursor to a time. */
  seekTime(at: number): void {
    const time = Math.min(Math.max(at, this.run.start), this.run.end);
    this.seek(offsetAt(this.run, time), time);
  }

  /** Moves the cursor by `count` events that the filter shows. Stops playing. */
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

  /** Moves the cursor to the next or previous step of the test, around the ends. */
  goToStep(direction: 1 | -1): void {
    this.#goTo(this.run.steps, direction);
  }

  /** Moves the cursor to the next or previous match of the search, around the ends. */
  goToMatch(direction: 1 | -1): void {
    this.#goTo(this.search.matches, direction);
  }

  /** Moves the cursor to the first failure, if there is one. */
  goToFailure(): void {
    const [failure] = this.run.failures;
    if (failure !== undefined) this.seek(failure);
  }

  #goTo(offsets: readonly number[], direction: 1 | -1): void {
    const next =
      nextOffset(offsets, this.cursor, direction) ?? (direction === 1 ? offsets[0] : offsets.at(-1));
    if (next !== undefined) this.seek(next);
  }

  // ---- the window ----

  /** Zooms in (a factor below 1) or out around `anchor`, a time: the cursor if it is in view, otherwise the middle. */
  zoomBy(factor: number, anchor = this.#anchor()): void {
    this.#moveTo(zoom(this.window, factor, anchor));
    this.#changed();
  }

  /** Moves the window by a share of its length. */
  panBy(share: number): void {
    this.#moveTo(pan(this.window, share * (this.window.to - this.window.from)));
    this.#changed();
  }

  /** Shows a window, moved into the run. */
  show(window: TimeWindow): void {
    this.#moveTo(window);
    this.#changed();
  }

  /** Shows the whole run. */
  showAll(): void {
    this.show({ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY });
  }

  /** Keeps the object when the window does not change: the chart is redrawn when it does. */
  #moveTo(wanted: TimeWindow): void {
    const { from, to } = clampWindow(wanted, this.bounds);
    if (from !== this.window.from || to !== this.window.to) this.window = { from, to };
  }

  #anchor(): number {
    const { from, to } = this.window;
    return this.cursorAt >= from && this.cursorAt <= to ? this.cursorAt : (from + to) / 2;
  }

  // ---- filter and search ----

  /** Hides or shows a server. */
  toggleServer(server: number): void {
    this.#setFilter({ hiddenServers: toggled(this.filter.hiddenServers, server) });
  }

  /** Hides or shows a kind of event. */
  toggleKind(name: string): void {
    this.#setFilter({ hiddenKinds: toggled(this.filter.hiddenKinds, name) });
  }

  /** Sets the terms to show from the text of the field. An invalid text leaves the filter unchanged. */
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

  /** Shows everything. */
  clearFilter(): void {
    this.termsText = '';
    this.termsProblem = undefined;
    this.#setFilter(showAll);
  }

  #setFilter(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
    this.passes = filterPredicate(this.run, this.filter);
    this.#changed();
  }

  /** Starts a search. */
  find(query: string): void {
    this.search = new Search(this.run, query);
    this.#changed();
  }

  // ---- playing ----

  /** Starts or stops playing: from the beginning when the cursor is at the end. */
  togglePlaying(): void {
    if (this.isPlaying) return this.pause();
    this.isPlaying = true;
    this.#lastFrame = undefined;
    if (this.cursorAt >= this.run.end) this.seek(0);
    this.#changed();
  }

  /** Stops playing. */
  pause(): void {
    this.isPlaying = false;
    this.#changed();
  }

  /** Ends the session, because another one replaces it: it no longer redraws or changes the address. */
  close(): void {
    this.#isClosed = true;
  }

  /** Sets `speed`. */
  setSpeed(speed: number): void {
    this.speed = speed;
    this.#changed();
  }

  // ---- the rest ----

  /** Sets `theme`. */
  setTheme(theme: Theme): void {
    this.theme = theme;
    this.#changed();
  }

  /** Scrolls the log table by this many entries towards the beginning. */
  scrollLogs(entries: number): void {
    this.logsBack = Math.max(0, this.logsBack + entries);
    this.#changed();
  }

  /** Removes `notice`. */
  dismissNotice(): void {
    this.notice = undefined;
    this.#changed();
  }

  #changed(): void {
    this.#isAddressStale = true;
    this.#request();
  }

  /** Redraws once in the next frame. */
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

  /** Advances what continues by itself: playing, searching, and updating the address. */
  #advance(now: number): void {
    if (this.isPlaying) {
      const elapsed = this.#lastFrame === undefined ? 0 : now - this.#lastFrame;
      this.#lastFrame = now;
      const at = this.cursorAt + elapsed * this.speed;
      this.seekTime(at);
      if (at >= this.run.end) this.isPlaying = false;
    }
    if (!this.search.isDone) {
      this.search.advance(searchEventsPerFrame);
      this.#request();
    }
    if (!this.#isAddressStale) return;
    if (now - this.#addressWritten < addressIntervalMs) return this.#request();
    this.#addressWritten = now;
    this.#isAddressStale = false;
    history.replaceState(null, '', `#${this.#address()}`);
  }

  #address(): string {
    const { cursor: event, window, filter, search, theme } = this;
    return formatAddress({ event, window, filter, query: search.query, theme });
  }

  /** About 300 events, most of them before the cursor, since they show what led to it. */
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
