import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { parse } from 'yaml';
import { z } from 'zod';
import { deltaText, epsilonUp, guessText } from '../../api/epsilon.js';
import { readSpecification, type StudyView } from '../../api/studies.js';
import { Card, Facts } from '../../parts/page.js';
import { Term } from '../../parts/term.js';
import { words } from '../../words/index.js';

const { card: w } = words.study;

const Written = z.object({ privacy: z.object({ mode: z.string(), delta: z.number().optional(), unit: z.string().optional() }) });

/** What the study says of privacy; undefined where the specification says it in another form. */
export function writtenPrivacy(yaml: string | undefined): z.infer<typeof Written>['privacy'] | undefined {
  if (yaml === undefined) return undefined;
  try {
    return Written.parse(parse(yaml)).privacy;
  } catch {
    return undefined;
  }
}

/** The privacy card (UX.md section 2): odds first, then what NIST SP 800-226 asks to be said. */
export function PrivacyCard({ study }: { readonly study: StudyView }): ReactNode {
  const { hash, epsilon, thresholds } = study;
  const specification = useQuery({
    queryKey: ['study', hash, 'specification'],
    queryFn: ({ signal }) => readSpecification(hash, signal),
    staleTime: Infinity,
  });
  const privacy = writtenPrivacy(specification.data?.yaml);
  if (!epsilon)
    return privacy && privacy.mode !== 'none' ? null : (
      <Card title={w.title}>
        <p>{w.none}</p>
      </Card>
    );
  const site = privacy?.mode === 'site';
  return (
    <Card
      title={w.title}
      side={
        <span className="big">
          <Term of="epsilon">ε {epsilonUp(epsilon)}</Term>
        </span>
      }
    >
      <p className="odds">{w.odds(guessText(epsilon))}</p>
      <p className="soft">{w.oddsFoot(privacy?.delta === undefined ? '…' : deltaText(privacy.delta))}</p>
      <Facts
        of={[
          [w.unit, privacy?.unit ?? (site ? 'site' : 'patient'), 'unit'],
          [w.relation, site ? w.relationSite : w.relationPatient, 'relation'],
          [w.mechanism, w.mechanisms[privacy?.mode ?? ''] ?? words.shell.none, 'mechanism'],
          [w.accountant, w.accountantText, 'accountant'],
          [w.composition, w.compositionText, 'composition'],
          [w.trust, w.trustText(thresholds.c, thresholds.n), 'collude'],
          [w.notCovered, w.notCoveredText, 'notCovered'],
        ]}
      />
    </Card>
  );
}
