import type { Consortium } from '../../../demo/src/index.js';
import type { Person } from './person.js';

/** Signs in to the page that the agent of a site serves. */
export async function openSitePage(person: Person, consortium: Consortium, site: string): Promise<void> {
  const { link } = (await consortium.site(site, 'page', 'open')) as { readonly link: string };
  person.did('command', 'consilium-site page open');
  await person.open(link);
  await person.sees('The page of this site.');
  await person.page.getByRole('heading', { name: 'Approvals' }).waitFor();
}

/** On the page of a study: signs its approval with an officer's key, and its release in advance. */
export async function signApproval(person: Person, study: string, keyFile: string): Promise<void> {
  await person.choose('Release of the model', 'in-advance');
  await person.fill('Reason', 'DPIA 2026-31');
  await person.page.getByLabel('or choose the key file').setInputFiles(keyFile);
  person.did('fill', 'the key file');
  await person.fill(`Type ${study} to confirm`, study);
  await person.click('Sign the approval');
  await person.sees(`Approved ${study}`);
}

/** Officers and IT of other hospitals, who decide at their own sites. */
export async function approveAt(consortium: Consortium, hash: string, sites: readonly string[], key?: string): Promise<void> {
  const signed = key === undefined ? [] : ['--key', key];
  await Promise.all(sites.map((site) => consortium.site(site, 'study', 'approve', hash, '--release', 'in-advance', ...signed, '--yes')));
}
