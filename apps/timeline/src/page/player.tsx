// The buttons that move the cursor and the window, and the position of both.
import type { JSX } from 'preact';
import type { Session } from './session.ts';

/** Milliseconds of the run per millisecond of real time. */
const speeds = [0.001, 0.01, 0.1, 1, 10] as const;

/** The row of buttons below the chart. */
export function Player({ session }: { session: Session }): JSX.Element {
  const { run, cursor, cursorAt, window, isPlaying, speed } = session;
  return (
    <section class="player" aria-label="Position">
      <span class="buttons">
        <Icon
          label="Previous step of the test"
          path="M1 1h2v12h-2zM13 1v12l-9-6z"
          act={() => session.goToStep(-1)}
        />
        <Icon label="Previous event" path="M11 1v12l-9-6z" act={() => session.step(-1)} />
        <button type="button" class="play" aria-pressed={isPlaying} onClick={() => session.togglePlaying()}>
          {isPlaying ? 'Pause' : 'Play'}
        </button>
        <Icon label="Next event" path="M3 1v12l9-6z" act={() => session.step(1)} />
        <Icon
          label="Next step of the test"
          path="M11 1h2v12h-2zM1 1v12l9-6z"
          act={() => session.goToStep(1)}
        />
      </span>
      <label class="field">
        Speed
        <select
          value={String(speed)}
          onChange={(event) => session.setSpeed(Number(event.currentTarget.value))}
        >
          {speeds.map((value) => (
            <option key={value} value={String(value)}>
              ×{value}
            </option>
          ))}
        </select>
      </label>
      <p class="readout">
        <b>{cursorAt.toFixed(2)} ms</b>
        <span>
          {run.events.length === 0
            ? 'no events'
            : `event ${(cursor + 1).toLocaleString('en')} of ${run.events.length.toLocaleString('en')}`}
        </span>
        {run.header.droppedEvents === 0 ? null : (
          <span>after {run.header.droppedEvents.toLocaleString('en')} that were not recorded</span>
        )}
      </p>
      <p class="readout window">
        <span>
          in view {Math.max(window.from, 0).toFixed(1)} to {window.to.toFixed(1)} ms
        </span>
      </p>
      <span class="buttons">
        <Icon label="Zoom out" path="M2 6h10v2h-10z" act={() => session.zoomBy(1.6)} />
        <Icon label="Zoom in" path="M2 6h4v-4h2v4h4v2h-4v4h-2v-4h-4z" act={() => session.zoomBy(1 / 1.6)} />
        <button type="button" onClick={() => session.showAll()}>
          Whole run
        </button>
      </span>
    </section>
  );
}

function Icon({ label, path, act }: { label: string; path: string; act: () => void }): JSX.Element {
  return (
    <button type="button" class="icon" aria-label={label} title={label} onClick={act}>
      <svg viewBox="0 0 14 14" aria-hidden="true">
        <path d={path} />
      </svg>
    </button>
  );
}
