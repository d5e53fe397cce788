import type { DecidedBy, Decision } from './decision.js';

/** A decision in a few words, as ledgers are shown: `limit 8`, `approve 7c41ab12, epsilon at most 4, until 2027-06-30`. */
export function decisionWords(decision: Decision): string {
  switch (decision.kind) {
    case 'limit':
      return `limit ${decision.epsilonMax}`;
    case 'freeze':
    case 'unfreeze':
      return decision.kind;
    case 'witnesses':
      return `witnesses, ${decision.add.join(', ')} added`;
    case 'study': {
      const { action, study, epsilonLimit, until } = decision;
      const limits = [...(epsilonLimit === null ? [] : [`epsilon at most ${epsilonLimit}`]), ...(until === null ? [] : [`until ${until}`])];
      return [`${action} ${study.slice(0, 8)}`, ...limits].join(', ');
    }
  }
}

/** Who decided: `officer dpo`, `the site (site.yaml)`, `the consortium (asked by ada)`, `the agent`. */
export function deciderWords({ role, name }: { readonly role: DecidedBy['role']; readonly name: string }): string {
  switch (role) {
    case 'officer':
      return `officer ${name}`;
    case 'site':
      return `the site (${name})`;
    case 'coordinator':
      return `the consortium (asked by ${name})`;
    case 'agent':
      return 'the agent';
  }
}
