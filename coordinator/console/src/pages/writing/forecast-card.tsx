import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { epsilonUp, guessText } from '../../api/epsilon.js';
import { asProblem } from '../../api/problem.js';
import { forecast, type Forecast } from '../../api/studies.js';
import { Badge } from '../../parts/badge.js';
import { Card, Facts } from '../../parts/page.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { bytesText } from '../../parts/sizes.js';
import { words } from '../../words/index.js';

const { writing: w } = words;
/** A person who types is not asked at every letter. */
const QUIET_MS = 400;

/** What the study would cost, send and need, reckoned while it is written. */
export function ForecastCard({ yaml }: { readonly yaml: string }): ReactNode {
  const [quiet] = useDebouncedValue(yaml, QUIET_MS);
  const asked = useQuery({
    queryKey: ['forecast', quiet],
    queryFn: ({ signal }) => forecast(quiet, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  const old = quiet !== yaml || asked.isPlaceholderData;
  return (
    <Card title={w.forecast} side={old ? <span className="soft">{w.forecastWait}</span> : undefined}>
      <div aria-live="polite" aria-busy={old}>
        {asked.error ? (
          <ProblemNote problem={asProblem(asked.error)} />
        ) : asked.data ? (
          <Told of={asked.data} />
        ) : (
          <p className="soft">{w.forecastWait}</p>
        )}
      </div>
    </Card>
  );
}

function Told({ of }: { readonly of: Forecast }): ReactNode {
  const { problems, epsilon, uploadBytes, uploadBytesInAll, rounds, sites } = of;
  return (
    <div className="stack">
      {problems.length > 0 && (
        <div>
          <Badge tone="warn">{w.problems(problems.length)}</Badge>
          <ul className="waits">
            {problems.map(({ pointer, detail, fix }) => (
              <li key={`${pointer} ${detail}`}>
                <code>{pointer}</code> {detail}
                {fix && <p className="soft">{fix}</p>}
              </li>
            ))}
          </ul>
        </div>
      )}
      {epsilon ? (
        <>
          <p className="odds">{words.study.card.odds(guessText(epsilon.promise))}</p>
          <Facts
            of={[
              [
                w.promise,
                <span key="a" className="big">
                  {epsilonUp(epsilon.promise)}
                </span>,
                'epsilon',
              ],
              [
                w.collude,
                <span key="b" className="big">
                  {epsilonUp(epsilon.ifAllOthersCollude)}
                </span>,
                'collude',
              ],
            ]}
          />
        </>
      ) : (
        <p className="soft">{of.ok ? w.noEpsilon : w.forecastNone}</p>
      )}
      {uploadBytes && rounds ? (
        <Facts
          of={[
            [w.rounds, String(rounds)],
            [w.upload, bytesText(uploadBytes), 'contribution'],
            [w.wholeUpload, bytesText(uploadBytesInAll ?? uploadBytes * rounds)],
          ]}
        />
      ) : null}
      {sites.length > 0 && (
        <div>
          <h3>{w.sites}</h3>
          <ul className="list-plain">
            {sites.map(({ site, couldRun, sentence }) => (
              <li key={site}>
                <Badge tone={couldRun ? 'good' : 'warn'}>{couldRun ? w.yes : w.no}</Badge> <strong>{site}</strong>{' '}
                <span className="soft">{sentence}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
