import { Button, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { words } from '../../words/index.js';
import { valueAt, withValue, type StudyText } from './study-text.js';

const { fields: w } = words.writing;
const INPUTS = ['cohort', 'inputs'];

type Cells = Readonly<Record<string, unknown>>;
const list = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : '');
const number = (text: string): number | string | undefined =>
  text.trim() === '' ? undefined : Number.isFinite(Number(text)) ? Number(text) : text;

/** The columns that the model learns from. What a column has besides stays as the YAML has it. */
export function InputsTable({ study, onChange }: { readonly study: StudyText; onChange(text: string): void }): ReactNode {
  const value = valueAt(study, INPUTS);
  const inputs = value !== null && typeof value === 'object' ? Object.entries(value as Record<string, Cells>) : [];
  const set = (name: string, key: string, next: unknown) => onChange(withValue(study, [...INPUTS, name, key], next));
  const [fresh, setFresh] = useState('');
  const add = () => {
    const name = fresh.trim();
    if (name === '') return;
    setFresh('');
    onChange(withValue(study, [...INPUTS, name], { range: [0, 1] }));
  };
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={w.inputs}>
      <table className="table inputs">
        <thead>
          <tr>
            {[w.input, w.range, w.center, w.scale, w.levels, w.missing, w.change].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {inputs.map(([name, cells]) => {
            const category = cells['levels'] !== undefined;
            const range = Array.isArray(cells['range']) ? (cells['range'] as unknown[]) : [];
            return (
              <tr key={name}>
                <th scope="row">
                  {name} <span className="soft kind">{category ? w.category : w.number}</span>
                </th>
                <td>
                  {category ? null : (
                    <Cell
                      label={`${name}: ${w.range}`}
                      value={list(range)}
                      set={(text) => set(name, 'range', text.split(/[\s,]+/).map(number))}
                    />
                  )}
                </td>
                <td>
                  {category ? null : (
                    <Cell
                      label={`${name}: ${w.center}`}
                      value={String(cells['center'] ?? '')}
                      set={(text) => set(name, 'center', number(text))}
                    />
                  )}
                </td>
                <td>
                  {category ? null : (
                    <Cell
                      label={`${name}: ${w.scale}`}
                      value={String(cells['scale'] ?? '')}
                      set={(text) => set(name, 'scale', number(text))}
                    />
                  )}
                </td>
                <td>
                  {category ? (
                    <Cell
                      label={`${name}: ${w.levels}`}
                      value={list(cells['levels'])}
                      set={(text) =>
                        set(
                          name,
                          'levels',
                          text
                            .split(/\s*,\s*/)
                            .filter(Boolean)
                            .map(number),
                        )
                      }
                    />
                  ) : null}
                </td>
                <td>
                  <Cell
                    label={`${name}: ${w.missing}`}
                    value={list(cells['missingCodes'])}
                    set={(text) => set(name, 'missingCodes', text.trim() === '' ? undefined : text.split(/\s*,\s*/).map(number))}
                  />
                </td>
                <td>
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={w.removeInput(name)}
                    onClick={() => onChange(withValue(study, [...INPUTS, name], undefined))}
                  >
                    ×
                  </Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <div className="table-bar" style={{ marginTop: 8 }}>
        <TextInput
          size="xs"
          aria-label={w.input}
          placeholder={w.input}
          value={fresh}
          onChange={(event) => setFresh(event.currentTarget.value)}
        />
        <Button size="xs" variant="default" onClick={add}>
          {w.addInput}
        </Button>
      </div>
    </div>
  );
}

function Cell({ label, value, set }: { readonly label: string; readonly value: string; set(text: string): void }): ReactNode {
  return (
    <TextInput
      key={value}
      size="xs"
      miw={64}
      aria-label={label}
      defaultValue={value}
      onBlur={(event) => event.currentTarget.value !== value && set(event.currentTarget.value)}
    />
  );
}
