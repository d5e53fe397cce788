import type { ReactNode } from 'react';

/** A sentence of the catalogue in which what stands between backticks is to be typed as it is. */
export function Say({ children }: { readonly children: string }): ReactNode {
  return children.split('`').map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>));
}
