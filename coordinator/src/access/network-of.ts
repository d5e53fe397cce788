import { isIPv6 } from 'node:net';

/**
 * What counts as one stranger: an IPv4 address, and of IPv6 the /64 that one customer has whole (RFC 6177), because whoever
 * has 2^64 addresses takes a new one for every try. What is no address stays as it is.
 */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return address;
  const groups = groupsOf(plain);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped)
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

/** The eight numbers of an IPv6 address (RFC 4291 section 2.2). */
function groupsOf(address: string): readonly number[] {
  const [left = '', right] = address.split('::');
  const numbers = (text: string) =>
    text
      .split(':')
      .filter((part) => part !== '')
      .flatMap(groupOf);
  const [head, tail] = [numbers(left), right === undefined ? [] : numbers(right)];
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

/** One number; two of an IPv4 address at the end. */
function groupOf(part: string): readonly number[] {
  if (!part.includes('.')) return [Number.parseInt(part, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
}
