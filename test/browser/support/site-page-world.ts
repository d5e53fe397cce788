import { join } from 'node:path';
import { parseYaml, resolveStudy, StudyFile, studySpecification } from '@consilium/protocol';
import { sealParameters } from '@consilium/sealed-sum/parameters';
import { makePageLink, serveSitePage } from '../../../site-agent/src/page/index.js';
import { stateLayout } from '../../../site-agent/src/state/index.js';
import { CliWorld } from '../../../site-agent/test/cli-world.js';
import { heartTable, noisyYaml } from '../../../site-agent/test/study-world.js';

export interface SitePageWorld {
  /** Signs in once. */
  readonly link: string;
  /** Where the officer reviews the study that waits. */
  readonly review: string;
  close(): void;
}

/** The page of one site as its agent serves it, with a study that waits for the officer's decision. */
export async function sitePageWorld(): Promise<SitePageWorld> {
  const world = new CliWorld();
  await world.start();
  world.write('heart.csv', heartTable(0));
  await world.run('officer key new -o dpo.key');
  world.settings({ policy: '{ modes: [patient/distributed, none], deltaMax: 1.0e-3 }', more: 'officers: [dpo.pub]\n' });
  const hash = world.propose(studySpecification(resolveStudy(parseYaml(noisyYaml(), StudyFile, 'study'), sealParameters)));
  const layout = stateLayout(join(world.root, 'state'));
  const page = await serveSitePage({
    site: 'a',
    listen: '127.0.0.1:0',
    configFile: join(world.root, 'site.yaml'),
    layout,
    engine: () => Promise.resolve({ name: 'wasm', why: 'chosen before' }),
  });
  return {
    link: `${page.origin}/sign-in#${makePageLink(layout, new Date())}`,
    review: `${page.origin}/studies/${hash}`,
    close: () => {
      page.stop();
      world.stop();
    },
  };
}
