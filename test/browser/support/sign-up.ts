import type { Browser } from 'playwright-core';
import { Person } from './person.js';

const PASSWORD = 'correct horse battery staple';

interface NewPerson {
  readonly name: string;
  /** As the console calls them, such as `Site IT`. */
  readonly role: string;
  readonly sites?: string;
}

export const mailOf = (name: string): string => `${name.toLowerCase().replace(/\W+/g, '.')}@heart.example`;

/** The first admin makes an account by the link that the coordinator printed, and signs in. */
export async function setUp(browser: Browser, name: string, link: string): Promise<Person> {
  const person = await Person.enter(browser, name);
  await person.open(link);
  await person.fill('Name', name);
  await person.fill('E-mail', mailOf(name));
  await choosePassword(person, 'Make the account');
  await signIn(person);
  return person;
}

/** In the settings of an admin: makes an account. @returns its one-time link */
export async function invite(admin: Person, { name, role, sites }: NewPerson): Promise<string> {
  await admin.click('Invite a person');
  const dialog = admin.page.getByRole('dialog');
  await admin.fill('Name', name, dialog);
  await admin.fill('E-mail', mailOf(name), dialog);
  const box = dialog.getByRole('checkbox', { name: role });
  if (!(await box.isChecked())) {
    await admin.press(dialog.getByRole('checkbox', { name: 'Researcher' }), 'not a researcher');
    await admin.press(box, role);
  }
  if (sites !== undefined) await admin.fill('Sites (for site IT and compliance), comma separated', sites, dialog);
  await admin.click('Make the invitation', dialog);
  const link = await dialog.getByText('/welcome#token=').textContent();
  await admin.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  admin.did('hand-over', `the link of ${name}`);
  return link ?? '';
}

/** Somebody who was invited chooses a password and signs in. @param origin - where they reach the console, if not where the link leads */
export async function accept(browser: Browser, name: string, link: string, origin?: string): Promise<Person> {
  const person = await Person.enter(browser, name);
  const { hash, pathname } = new URL(link);
  await person.open(origin === undefined ? link : `${origin}${pathname}${hash}`);
  await choosePassword(person, 'Make the account');
  await signIn(person);
  return person;
}

async function choosePassword(person: Person, then: string): Promise<void> {
  await person.fill('Password, at least 12 characters', PASSWORD);
  await person.fill('The same password again', PASSWORD);
  await person.examine();
  await person.click(then);
}

async function signIn(person: Person): Promise<void> {
  await person.sees('People who work with this consortium sign in here');
  await person.fill('E-mail', mailOf(person.name));
  await person.fill('Password', PASSWORD);
  await person.click('Sign in');
  await person.sees('What waits for you.');
}
