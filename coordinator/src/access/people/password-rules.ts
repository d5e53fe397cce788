import { ConsiliumError } from '@consilium/protocol';

const SHORTEST = 12;
export const LONGEST_PASSWORD = 256;

/** Beginnings of what everybody tries first, at the length that is asked for. */
const WORN =
  /^(.)\1*$|^(?:password|passw0rd|qwerty|letmein|welcome|consilium|hospital|iloveyou|administrator)[\W\d_]*$|^(?:0?123456789|abcdefgh)/i;

/**
 * NIST SP 800-63B section 5.1.1.2: length decides, no rules of composition; nothing that is known of the person, and
 * nothing worn out.
 * @throws ConsiliumError PASSWORD_WEAK
 */
export function checkPassword(password: string, known: { readonly email: string; readonly name: string }): void {
  const problem = objection(password, known);
  if (problem !== undefined)
    throw new ConsiliumError({
      code: 'PASSWORD_WEAK',
      errorClass: 'usage',
      message: problem,
      fix: `Take ${SHORTEST} characters or more that nobody would guess, such as four words that have nothing to do with each other.`,
      problems: [{ path: 'password', detail: problem }],
    });
}

function objection(password: string, { email, name }: { readonly email: string; readonly name: string }): string | undefined {
  if ([...password].length < SHORTEST) return `The password is shorter than ${SHORTEST} characters.`;
  if (WORN.test(password)) return 'The password is among the first that anybody would try.';
  const lower = password.toLowerCase();
  const own = [email.split('@')[0] ?? '', ...name.toLowerCase().split(/\s+/)].filter((word) => word.length >= 4);
  if (own.some((word) => lower.replaceAll(word, '').length < SHORTEST / 2)) return 'The password is little more than your own name.';
  return undefined;
}
