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
          <Card tight title={words.sites.title}>
            <SitesTable study={study} />
          </Card>
        </div>
        <div>
          <PrivacyCard study={study} />
          <Card>
            <Facts
              of={[
                [words.studies.heads.proposed, <Ago key="at" at={study.proposedAt} />],
                [w.thresholds, w.thresholdsText(study.thresholds.m, study.thresholds.n)],
                [w.bytes, bytesText(study.uploadBytes)],
                [w.rounds.heads.bytes, bytesText(study.sumBytes)],
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
      {study.phase} · <Instant at={study.deadline} precision="second" /> (<Ago at={study.deadline} />)
    </span>
  );
}
