/** What the standard fonts of PDF have beyond ASCII and Latin-1 (Windows-1252). */
const EXTRA = '€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ';

/**
 * A text as the standard fonts can set it: accents that they lack go, Greek epsilon and delta are written out, the rest
 * becomes a question mark. The report's JSON has the text as it is.
 */
export function pdfText(text: string): string {
  const named = text.replaceAll('ε', 'epsilon').replaceAll('δ', 'delta');
  return [...named.normalize('NFC')].map((letter) => (hasLetter(letter) ? letter : plain(letter))).join('');
}

function hasLetter(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xff) || EXTRA.includes(letter);
}

function plain(letter: string): string {
  if (/\s/u.test(letter)) return ' ';
  const base = letter.normalize('NFKD').replace(/\p{M}/gu, '');
  return base !== letter && [...base].every(hasLetter) ? base : '?';
}
