// The mark of a term: its number on its colour.
import type { Term } from '@raftlab/protocol';
import type { JSX } from 'preact';
import { hueOf } from './palette.ts';

/** A term as a coloured number. */
export function TermMark({ term }: { term: Term }): JSX.Element {
  return (
    <span class="term" style={{ '--hue': hueOf(term) }} title={`term ${term}`}>
      {term}
    </span>
  );
}
