import type { DataSet } from 'dicom-parser';
import { ImageRefused } from './image-refused.js';
import type { StoredValues } from './stored-values.js';

const cut = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));

/** YBR_FULL to RGB in place, 8 bit (DICOM PS3.3 C.7.6.3.1.2, the inverse of ITU-R BT.601's full-range matrix). */
export function rgbFromYbr(values: StoredValues): void {
  for (let at = 0; at + 2 < values.length; at += 3) {
    const y = values[at] ?? 0;
    const cb = (values[at + 1] ?? 0) - 128;
    const cr = (values[at + 2] ?? 0) - 128;
    values[at] = cut(y + 1.402 * cr);
    values[at + 1] = cut(y - 0.344136 * cb - 0.714136 * cr);
    values[at + 2] = cut(y + 1.772 * cb);
  }
}

interface Lookup {
  readonly first: number;
  readonly entries: readonly number[];
}

function lookup(data: DataSet, descriptor: string, table: string, signed: boolean): Lookup {
  const element = data.elements[table];
  const count = data.uint16(descriptor, 0);
  const first = signed ? data.int16(descriptor, 1) : data.uint16(descriptor, 1);
  const bits = data.uint16(descriptor, 2);
  // Segmented tables stand in other elements.
  if (!element || count === undefined || first === undefined || (bits !== 8 && bits !== 16)) throw new ImageRefused('pixel-format');
  const length = count === 0 ? 65_536 : count;
  const packed = bits === 8 && element.length < length * 2;
  if (element.length < (packed ? length : length * 2)) throw new ImageRefused('truncated');
  const entries = Array.from({ length }, (_, index) => {
    if (packed) return data.byteArray[element.dataOffset + index] ?? 0;
    const word = data.uint16(table, index) ?? 0;
    return bits === 16 ? word >> 8 : word & 255;
  });
  return { first, entries };
}

/**
 * PALETTE COLOR to RGB of 8 bits (PS3.3 C.7.6.3.1.5, C.7.9): values below the first entry take it, above the last the last.
 * @throws ImageRefused pixel-format for segmented tables or none, truncated
 */
export function rgbFromPalette(data: DataSet, signed: boolean): (values: StoredValues) => StoredValues {
  const tables = [
    lookup(data, 'x00281101', 'x00281201', signed),
    lookup(data, 'x00281102', 'x00281202', signed),
    lookup(data, 'x00281103', 'x00281203', signed),
  ];
  return (values) => {
    const rgb = new Float64Array(values.length * 3);
    for (const [index, value] of values.entries())
      for (const [channel, { first, entries }] of tables.entries())
        rgb[index * 3 + channel] = entries[Math.min(entries.length - 1, Math.max(0, value - first))] ?? 0;
    return rgb;
  };
}
