const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes as people read them: decimal units, three digits. */
export function bytesText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toPrecision(3)} ${UNITS[unit]}`;
}

/** A share in percent, rounded up: never less used than it is. */
export const percentUp = (share: number): string => `${Math.ceil(share * 1000 - 1e-9) / 10} %`;
