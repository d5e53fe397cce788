import { Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { glossary, type GlossaryWord } from '../words/en/glossary.js';
import { words } from '../words/index.js';

const WIDTH = 300;

function Tip({ of, children }: { readonly of: GlossaryWord; readonly children: ReactNode }): ReactNode {
  return (
    <Tooltip
      label={
        <>
          <strong>{glossary[of].word}</strong>
          <br />
          {glossary[of].text}
        </>
      }
      multiline
      w={WIDTH}
      withArrow
      interactive
      position="top-start"
      events={{ hover: true, focus: true, touch: true }}
    >
      {children}
    </Tooltip>
  );
}

/** A word of the field that says what it means: to a pointer, to a finger, and to the keyboard (Tab; Escape closes). */
export function Term({ of, children }: { readonly of: GlossaryWord; readonly children?: ReactNode }): ReactNode {
  return (
    <Tip of={of}>
      <button type="button" className="term">
        {children ?? glossary[of].word}
      </button>
    </Tip>
  );
}

/** The same beside the label of an input: a button within a label would be the label's own. */
export function TermMark({ of }: { readonly of: GlossaryWord }): ReactNode {
  return (
    <Tip of={of}>
      <button type="button" className="term-mark">
        <span aria-hidden>?</span>
        <span className="unseen">{words.shell.whatIs(glossary[of].word)}</span>
      </button>
    </Tip>
  );
}
