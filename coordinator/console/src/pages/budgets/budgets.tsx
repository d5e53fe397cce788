import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { listBudgets, type Budget } from '../../api/budgets.js';
import { deltaText, epsilonDown, epsilonUp } from '../../api/epsilon.js';
import { useTopics } from '../../live/live-provider.js';
import { Badge } from '../../parts/badge.js';
import { Hash } from '../../parts/copy.js';
import { Answer, Card, Empty, Facts, Page } from '../../parts/page.js';
import { percentUp } from '../../parts/sizes.js';
import { Instant } from '../../parts/time.js';
import { Plot } from '../../plot/plot.js';
import { useMay } from '../../shell/who.js';
import { words } from '../../words/index.js';
import { BudgetAct, type BudgetActKind } from './budget-acts.js';
import { burnDownPlot, byStudyPlot } from './budget-plots.js';
import { HeatMap, placeOf, usedShare } from './heat-map.js';

const { budgets: w } = words;

export function Component(): ReactNode {
  useTopics('budgets');
  const budgets = useQuery({ queryKey: ['budgets'], queryFn: ({ signal }) => listBudgets(signal) });
  return (
    <Page title={w.title} lead={w.lead}>
      <Answer of={budgets}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <Empty title={w.emptyTitle}>{w.emptyDo}</Empty>
            </Card>
          ) : (
            <>
              {items.length > 1 && (
                <Card title={w.heat} side={<span className="soft">{w.heatLead}</span>}>
                  <HeatMap budgets={items} />
                </Card>
              )}
              {items.map((budget) => (
                <Population key={`${budget.site}/${budget.population}`} budget={budget} />
              ))}
              {items.some(({ studies }) => studies.length > 0) && (
                <Card>
                  <Plot model={byStudyPlot(items)} height={80 + 28 * items.length} />
                  <p className="soft">{w.additive}</p>
                </Card>
              )}
            </>
          )
        }
      </Answer>
    </Page>
  );
}

const NEARLY = 0.8;

function State({ budget }: { readonly budget: Budget }): ReactNode {
  const used = usedShare(budget);
  if (budget.frozen) return <Badge tone="bad">{w.frozen}</Badge>;
  if (budget.left <= 0) return <Badge tone="bad">{w.closed}</Badge>;
  return used > NEARLY ? <Badge tone="warn">{w.tight}</Badge> : <Badge tone="good">{w.open}</Badge>;
}

function Population({ budget }: { readonly budget: Budget }): ReactNode {
  const { site, population, limit, spent, reserved, left } = budget;
  const may = useMay('compliance', 'admin');
  const [act, setAct] = useState<BudgetActKind>();
  const of = w.of(population, site);
  const share = (epsilon: number) => (limit === 0 ? 1 : Math.min(1, Math.max(0, epsilon / limit)));
  return (
    <Card
      id={placeOf(budget)}
      title={of}
      side={
        may && (
          <span className="page-acts">
            <Button size="xs" variant="default" onClick={() => setAct('tighten')}>
              {w.tighten}
            </Button>
            <Button size="xs" variant="default" onClick={() => setAct('loosen')}>
              {w.loosen}
            </Button>
            {!budget.frozen && (
              <Button size="xs" color="red" variant="outline" className="danger-outline" onClick={() => setAct('freeze')}>
                {w.freeze}
              </Button>
            )}
          </span>
        )
      }
    >
      <div className="columns-wide">
        <Plot live model={burnDownPlot(budget)} height={220} />
        <div className="stack">
          <div className="waits-head">
            <span className="big">
              ε {epsilonDown(left)} {w.left.toLowerCase()}
            </span>
            <State budget={budget} />
          </div>
          <div className="meter" role="img" aria-label={w.used(percentUp(usedShare(budget)))}>
            <span className="meter-spent" style={{ width: `${share(spent) * 100}%` }} />
            <span className="meter-reserved" style={{ width: `${share(reserved) * 100}%` }} />
          </div>
          <Facts
            of={[
              [w.limit, `ε ${epsilonUp(limit)}`, 'limit'],
              [w.spent, `ε ${epsilonUp(spent)}`, 'spent'],
              [w.reserved, `ε ${epsilonUp(reserved)}`, 'reserved'],
              [w.delta, deltaText(budget.delta), 'delta'],
              [w.unit, budget.unit, 'unit'],
              [
                w.exhaustion,
                budget.projectedExhaustion ? <Instant key="end" at={budget.projectedExhaustion} precision="day" /> : w.exhaustionNone,
                'exhaustion',
              ],
            ]}
          />
          {budget.requests
            .filter(({ state }) => state === 'waiting')
            .map(({ sentence, askedAt }) => (
              <p key={askedAt}>
                <Badge tone="run">{w.asked}</Badge> {sentence}
              </p>
            ))}
          <p className="soft">{budget.verified === false ? w.unverified : w.verified}</p>
          {budget.studies.length > 0 && (
            <ul className="list-plain lines">
              {budget.studies.map(({ hash, name, epsilon }) => (
                <li key={hash}>
                  <Link to={`/studies/${hash}`}>{name ?? hash.slice(0, 8)}</Link> <Hash of={hash} copy={false} />{' '}
                  <span className="nums">ε {epsilonUp(epsilon)}</span>
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
      {act && <BudgetAct kind={act} budget={budget} onClose={() => setAct(undefined)} />}
    </Card>
  );
}
