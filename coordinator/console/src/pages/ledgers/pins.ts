import { z } from 'zod';

/** A head that the person has seen and wants to hold the site to; it stays in this browser. */
const Pin = z.object({ size: z.int(), root: z.string() });
export type Pin = z.infer<typeof Pin>;

const keyOf = (of: string) => `consilium-pin ${of}`;

export function pinnedHead(of: string): Pin | undefined {
  try {
    return Pin.parse(JSON.parse(localStorage.getItem(keyOf(of)) ?? ''));
  } catch {
    return undefined;
  }
}

export function pinHead(of: string, pin: Pin): void {
  localStorage.setItem(keyOf(of), JSON.stringify(pin));
}
