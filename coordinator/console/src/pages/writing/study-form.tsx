import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Card } from '../../parts/page.js';
import { TermMark } from '../../parts/term.js';
import { words } from '../../words/index.js';
import { SECTIONS, type Field } from './fields.js';
import { InputsTable } from './inputs-table.js';
import { valueAt, withValue, type StudyText } from './study-text.js';

const { writing: w } = words;

/** The study as a form. Every change is a change of the text; what no field shows stays in it. */
export function StudyForm({ study, onChange }: { readonly study: StudyText; onChange(text: string): void }): ReactNode {
  if (study.broken)
    return (
      <Card>
        <p>{w.broken}</p>
        <p className="soft">
          {w.brokenAt(study.broken.line)}: {study.broken.detail}
        </p>
      </Card>
    );
  const at = (path: readonly string[]) => valueAt(study, path);
  return SECTIONS.map(({ title, fields, inputs }) => (
    <Card key={title} title={title}>
      <div className="fields">
        {fields
          .filter(({ when }) => when === undefined || when(at))
          .map((field) => (
            <div key={field.path.join('.')} className={field.kind === 'long' || field.kind === 'list' ? 'field whole' : 'field'}>
              <FieldInput field={field} value={at(field.path)} set={(value) => onChange(withValue(study, field.path, value))} />
              {field.tip && <TermMark of={field.tip} />}
            </div>
          ))}
      </div>
      {inputs && <InputsTable study={study} onChange={onChange} />}
    </Card>
  ));
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What a person typed, as YAML shall hold it. @returns undefined for nothing; the text itself where it is no number */
export function typed(text: string, kind: Field['kind']): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (kind === 'list') return trimmed.split(/[\s,]+/).filter(Boolean);
  if (kind === 'number') return Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
  return text;
}

function FieldInput({ field, value, set }: { readonly field: Field; readonly value: unknown; set(value: unknown): void }): ReactNode {
  const { label, kind, hint, choices = [] } = field;
  const given = textOf(value);
  const [draft, setDraft] = useState(given);
  const [last, setLast] = useState(given);
  // The text was changed elsewhere: the field follows, unless what is being typed (`0.`) says the same.
  if (last !== given) {
    setLast(given);
    if (textOf(typed(draft, kind)) !== given) setDraft(given);
  }
  const commit = (text: string) => {
    setDraft(text);
    set(typed(text, kind));
  };
  if (kind === 'choice') {
    const known = choices.some((choice) => choice.value === given);
    return (
      <NativeSelect
        label={label}
        value={given}
        onChange={(event) => set(event.currentTarget.value)}
        data={[...(known ? [] : [{ value: given, label: given }]), ...choices]}
      />
    );
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value))
    return <TextInput label={w.inForm(label)} value={given} readOnly />;
  if (kind === 'long')
    return (
      <Textarea
        label={label}
        autosize
        minRows={1}
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={() => commit(draft)}
      />
    );
  return (
    <TextInput
      label={label}
      description={hint}
      inputMode={kind === 'number' ? 'decimal' : undefined}
      value={draft}
      onChange={(event) => (kind === 'number' ? commit(event.currentTarget.value) : setDraft(event.currentTarget.value))}
      onBlur={() => draft !== given && commit(draft)}
    />
  );
}
