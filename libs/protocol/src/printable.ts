/**
 * Text of a study as a terminal may show it to an officer: characters that move the cursor, hide or reorder what stands
 * there (controls, formats, line separators) become U+FFFD. A study comes from outside, and what is read is what is signed.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}
