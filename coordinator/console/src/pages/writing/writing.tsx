import { Button, NativeSelect, SegmentedControl, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { propose, readSpecification, type StudyView } from '../../api/studies.js';
import { Answer, Card, Page } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useAct } from '../../parts/use-act.js';
import { words } from '../../words/index.js';
import { ForecastCard } from './forecast-card.js';
import { StudyForm } from './study-form.js';
import { readText, valueAt } from './study-text.js';
import { TEMPLATES } from './templates.js';

const { writing: w } = words;

/** A new study, or a new version of one. */
export function Component(): ReactNode {
  const [search] = useSearchParams();
  const from = search.get('from');
  const old = useQuery({
    queryKey: ['study', from, 'specification'],
    queryFn: ({ signal }) => readSpecification(from ?? '', signal),
    enabled: from !== null,
  });
  if (from === null) return <Writing begin={TEMPLATES.private} />;
  return <Answer of={old}>{({ yaml }) => <Writing begin={yaml} version />}</Answer>;
}

function Writing({ begin, version = false }: { readonly begin: string; readonly version?: boolean }): ReactNode {
  const [text, setText] = useState(begin);
  const [view, setView] = useState<'form' | 'yaml'>('form');
  const study = useMemo(() => readText(text), [text]);
  const navigate = useNavigate();
  const proposing = useAct<void, StudyView>({
    act: () => propose(text),
    changes: [['studies']],
    say: () => w.proposed,
    done: ({ hash }) => void navigate(`/studies/${hash}`),
  });
  return (
    <Page
      title={version ? w.versionTitle(String(valueAt(study, ['name']) ?? '')) : w.title}
      lead={w.lead}
      above={
        <Link className="back" to="/studies">
          ← {words.studies.title}
        </Link>
      }
    >
      <div className="writing">
        <div>
          <div className="table-bar">
            <SegmentedControl
              size="xs"
              value={view}
              onChange={(next) => setView(next as typeof view)}
              data={[
                { value: 'form', label: w.form },
                { value: 'yaml', label: w.yaml },
              ]}
            />
            {!version && (
              <NativeSelect
                size="xs"
                aria-label={w.template}
                onChange={(event) => setText(TEMPLATES[event.currentTarget.value as keyof typeof TEMPLATES])}
                data={Object.entries(w.templates).map(([value, label]) => ({ value, label }))}
              />
            )}
          </div>
          {view === 'form' ? (
            <StudyForm study={study} onChange={setText} />
          ) : (
            <Card>
              <Textarea
                className="yaml-edit"
                aria-label={w.yaml}
                autosize
                minRows={28}
                maxRows={60}
                spellCheck={false}
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
                error={study.broken && `${w.brokenAt(study.broken.line)}: ${study.broken.detail}`}
              />
            </Card>
          )}
        </div>
        <div className="writing-side">
          <ForecastCard yaml={text} />
          {proposing.problem && <ProblemNote problem={proposing.problem} />}
          <Button fullWidth onClick={() => proposing.run()} loading={proposing.busy} disabled={study.broken !== undefined}>
            {w.propose}
          </Button>
          <p className="soft foot">{w.proposeHint}</p>
        </div>
      </div>
    </Page>
  );
}
