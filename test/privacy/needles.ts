import type { Needle } from './needle-search.js';

const decimal = (label: string, value: number | bigint): Needle => ({
  label: `${label} (decimal)`,
  bytes: Buffer.from(String(value)),
  bounded: true,
});

/** Eight bytes and more are found by chance nowhere; four are. */
function packed(
  label: string,
  form: string,
  values: readonly number[],
  width: number,
  write: (to: Buffer, value: number, at: number) => void,
): Needle {
  const bytes = Buffer.alloc(values.length * width);
  for (const [index, value] of values.entries()) write(bytes, value, index * width);
  return { label: `${label} (${form})`, bytes };
}

/** Key bytes: raw, hex in both cases, base64 in whichever phase they stand, both alphabets. */
export function bytesNeedles(label: string, secret: Uint8Array): readonly Needle[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const phases = [0, 1, 2].flatMap((phase) => {
    const whole = bytes.subarray(phase, phase + Math.floor((bytes.length - phase) / 3) * 3);
    return (['base64', 'base64url'] as const).map((form): Needle => ({
      label: `${label} (${form}, ${phase})`,
      bytes: Buffer.from(whole.toString(form)),
    }));
  });
  return [
    { label: `${label} (raw)`, bytes },
    { label: `${label} (hex)`, bytes: Buffer.from(hex) },
    { label: `${label} (HEX)`, bytes: Buffer.from(hex.toUpperCase()) },
    ...phases,
  ];
}

/** A key of kilobytes: pieces of 48 bytes all over it, and so any 100 bytes of it. */
export function longKeyNeedles(label: string, secret: Uint8Array): readonly Needle[] {
  const pieces = [];
  // The first bytes are a header that says what it is, not what it holds.
  for (let at = 256; at + 48 <= secret.length; at += 1021) pieces.push(at);
  return pieces.flatMap((at) => bytesNeedles(`${label} at ${at}`, secret.subarray(at, at + 48)));
}

/** Numbers such as weights: each as decimal text and as a 64-bit float in both orders; runs of them as 32-bit floats. */
export function floatNeedles(label: string, values: readonly number[]): readonly Needle[] {
  const telling = values.filter((value) => String(value).length >= 8);
  return [
    ...telling.flatMap((value) => [
      decimal(`${label} ${value}`, value),
      packed(`${label} ${value}`, 'float64 LE', [value], 8, (to, each, at) => to.writeDoubleLE(each, at)),
      packed(`${label} ${value}`, 'float64 BE', [value], 8, (to, each, at) => to.writeDoubleBE(each, at)),
    ]),
    ...(telling.length < 2 ? [] : [packed(label, 'float32 LE', telling, 4, (to, each, at) => to.writeFloatLE(each, at))]),
  ];
}

/** Packed integers: runs of lanes without zeros, as text with every usual separator, and as 32-bit words in both orders. */
export function laneNeedles(label: string, lanes: readonly number[]): readonly Needle[] {
  return runs(lanes)
    .filter((run) => run.filter((value) => Math.abs(value) >= 1_000).length >= 2)
    .flatMap((run) => [
      ...[',', ', ', ' ', '\n', ';'].map((separator): Needle => ({
        label: `${label} (decimal run, ${JSON.stringify(separator)})`,
        bytes: Buffer.from(run.join(separator)),
        bounded: true,
      })),
      packed(label, 'int32 LE', run, 4, (to, each, at) => to.writeInt32LE(each, at)),
      packed(label, 'int32 BE', run, 4, (to, each, at) => to.writeInt32BE(each, at)),
      packed(label, 'float64 LE of integers', run, 8, (to, each, at) => to.writeDoubleLE(each, at)),
      ...run.filter((value) => Math.abs(value) >= 100_000).map((value) => decimal(`${label} lane ${value}`, value)),
    ]);
}

function runs(lanes: readonly number[]): readonly (readonly number[])[] {
  const found: number[][] = [[]];
  for (const lane of lanes)
    if (lane === 0) found.push([]);
    else found.at(-1)?.push(lane);
  return found.filter((run) => run.length > 1);
}

/** Lanes as they are put into a coefficient of the plaintext: 64-bit words (PROTOCOL.md section 3). */
export function slotNeedles(
  label: string,
  lanes: readonly number[],
  { laneBits, plainModulus }: { readonly laneBits: number; readonly plainModulus: bigint },
): readonly Needle[] {
  return lanes.flatMap((low, index) => {
    const high = lanes[index + 1] ?? 0;
    if (index % 2 === 1 || Math.abs(low) < 1_000 || Math.abs(high) < 1_000) return [];
    const slot = (((BigInt(low) + (BigInt(high) << BigInt(laneBits))) % plainModulus) + plainModulus) % plainModulus;
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(slot);
    return [{ label: `${label} slot ${index / 2} (uint64 LE)`, bytes }, decimal(`${label} slot ${index / 2}`, slot)];
  });
}

/** A site's own counts: the large ones by themselves, the small ones beside their names. */
export function countNeedles(label: string, counts: Readonly<Record<string, string>>): readonly Needle[] {
  return Object.entries(counts).flatMap(([name, value]) => [
    ...(value.length < 6 ? [] : [decimal(`${label} ${name}`, BigInt(value))]),
    { label: `${label} ${name} by name`, bytes: Buffer.from(`"${name}":"${value}"`) },
  ]);
}
