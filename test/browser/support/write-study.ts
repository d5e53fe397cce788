import type { Person } from './person.js';

/** What the forecast beside the form says, as soon as it is about what the form says. */
export async function forecastOf(person: Person): Promise<readonly number[]> {
  const card = person.page.locator('section').filter({ has: person.page.getByRole('heading', { name: 'Forecast' }) });
  await card.locator('[aria-busy=false]').waitFor();
  const both = ['ε, c others collude', 'ε, all others collude'];
  return Promise.all(
    both.map(async (name) =>
      Number(await card.locator('.facts div').filter({ hasText: name }).locator('dd').textContent({ timeout: 10_000 })),
    ),
  );
}

export async function showAs(person: Person, view: 'Form' | 'YAML'): Promise<void> {
  await person.press(person.page.getByText(view, { exact: true }), view);
}

/** Begins a study from the list of studies, with a text of one's own. */
export async function writeStudy(person: Person, yaml: string): Promise<void> {
  await person.follow('Studies');
  await person.follow('New study');
  await showAs(person, 'YAML');
  await person.page.getByRole('textbox', { name: 'YAML' }).fill(yaml);
  person.did('fill', 'YAML');
}

/** @returns the hash of what was proposed */
export async function propose(person: Person): Promise<string> {
  await person.click('Propose to the sites');
  await person.page.waitForURL(/\/studies\/[0-9a-f]{64}$/);
  return person.page.url().slice(-64);
}
