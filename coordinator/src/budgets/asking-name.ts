/**
 * A person's name as a ledger's entry takes it: 1 to 80 letters, digits and _ . : / = @ -. Accents go, what is left over
 * becomes a hyphen.
 */
export function askingName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_.:/=@-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80);
  return plain === '' ? 'unnamed' : plain;
}
