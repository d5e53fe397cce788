import { ConsiliumError } from '@consilium/protocol';

const refusal = (code: string, message: string, fix: string, errorClass: 'usage' | 'refused' | 'forbidden' = 'refused') =>
  new ConsiliumError({ code, errorClass, message, fix });

export const accountUnknown = () =>
  refusal('ACCOUNT_UNKNOWN', 'There is no such account.', 'List the accounts: consilium account list.', 'usage');
export const accountClosed = () =>
  refusal(
    'ACCOUNT_CLOSED',
    'The account of this person was closed here.',
    'An admin who wants them back invites them: consilium account invite.',
    'forbidden',
  );
export const emailTaken = () =>
  refusal('EMAIL_TAKEN', 'Another account has this e-mail address.', 'Change that account, or close it first.');
export const lastAdmin = () =>
  refusal('LAST_ADMIN', 'The consortium would be left without an admin.', 'Make somebody else an admin first.');
export const linkOver = () =>
  refusal('LINK_OVER', 'This link is not one that counts: it was used, replaced, or its time is over.', 'Ask for a new one.', 'forbidden');
export const setupClosed = () =>
  refusal('SETUP_CLOSED', 'The first admin has been set up already.', 'Sign in, or ask an admin to invite you.');
export const providerDecides = () =>
  refusal(
    'PROVIDER_DECIDES',
    'This person signs in at the provider, which says what they are.',
    'Change it at the provider, or the rules in coordinator.yaml.',
  );
