import type { ReactNode } from 'react';
import type { StudyView } from '../../api/studies.js';
import { Card, Facts } from '../../parts/page.js';
import { bytesText } from '../../parts/sizes.js';
import { Ago, Instant } from '../../parts/time.js';
import { words } from '../../words/index.js';
import { Course } from './course.js';
import { PrivacyCard } from './privacy-card.js';
import { SitesTable } from './sites-table.js';
import { useStudy } from './study.js';
import { Waits } from './waits.js';

const { study: w } = words;

export function Component(): ReactNode {
  const study = useStudy();
  return (
    <>
      <Card title={w.timeline} side={<Deadline study={study} />}>
        <Course study={study} />
      </Card>
      <div className="columns-wide">
        <div>
          <Card title={w.waitedFor}>
            <Waits study={study} />
          </Card>
          <Card tight>
            <SitesTable study={study} />
          </Card>
        </div>
        <div>
          <PrivacyCard study={study} />
          <Card title={words.sites.facts}>
            <Facts
              pairs
              of={[
                [words.studies.heads.proposed, <Ago key="at" at={study.proposedAt} />],
                [w.thresholds, w.thresholdsText(study.thresholds.m, study.thresholds.n), 'minSites'],
                [w.bytes, bytesText(study.uploadBytes), 'contribution'],
                [w.rounds.heads.bytes, bytesText(study.sumBytes), 'sealedSum'],
              ]}
            />
          </Card>
        </div>
      </div>
    </>
  );
}

function Deadline({ study }: { readonly study: StudyView }): ReactNode {
  if (!study.deadline) return null;
  return (
    <span className="soft">
      {w.phases[study.phase ?? ''] ?? study.phase} {w.until} <Instant at={study.deadline} precision="second" /> (<Ago at={study.deadline} />
      )
    </span>
  );
}
