// The title of the run, its outcome and how to replay it, and the buttons of the whole page.
import type { JSX, RefObject } from 'preact';
import type { Actions } from './keys.ts';
import type { Session } from './session.ts';

/** What the title bar shows and calls. */
export interface TitleBarProperties {
  readonly session: Session | undefined;
  readonly theme: 'light' | 'dark';
  readonly actions: Omit<Actions, 'session'>;
  readonly openFile: (file: File) => void;
  readonly fileField: RefObject<HTMLInputElement | null>;
}

/** The top of the page. */
export function TitleBar(properties: TitleBarProperties): JSX.Element {
  const { session, theme, actions, openFile, fileField } = properties;
  const header = session?.run.header;
  return (
    <header class="title-bar">
      <h1 title={header?.title}>{header?.title ?? 'Raftlab timeline'}</h1>
      {header === undefined ? null : (
        <>
          <strong class={`outcome is-${header.outcome}`}>
            {header.outcome === 'failed' ? '✕ failed' : '✓ passed'}
          </strong>
          <dl>
            <Fact name="seed" value={String(header.seed)} />
            <Fact name="time" value={header.mode} />
            <Fact name="implementation" value={header.implementation} />
            <div class="replay">
              <dt>replay</dt>
              <dd>
                <code title={header.replay}>{header.replay}</code>
              </dd>
            </div>
          </dl>
        </>
      )}
      <span class="buttons">
        <label class="button">
          Open a trace
          <input
            type="file"
            accept=".json,application/json"
            class="unseen"
            ref={fileField}
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file !== undefined) openFile(file);
              event.currentTarget.value = '';
            }}
          />
        </label>
        {session === undefined ? null : (
          <button type="button" onClick={actions.toggleTheme}>
            {theme === 'dark' ? 'Light' : 'Dark'}
          </button>
        )}
        <button
          type="button"
          aria-label="Keys and signs"
          title="Keys and signs (?)"
          onClick={actions.toggleHelp}
        >
          ?
        </button>
      </span>
    </header>
  );
}

function Fact({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
