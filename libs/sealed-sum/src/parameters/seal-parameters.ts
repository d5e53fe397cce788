import { expandNames, nameCount, type SealParameters, type SumSegment, type SumShape } from '@consilium/protocol';
import { fileBytes } from '../blocks/block-file.js';
import { laneBounds, noisedBound, type LaneBounds } from './conditions.js';
import { layoutRefused } from './layout-refused.js';
import { CHECK_SLOTS, COEFFICIENT_MODULUS, DEGREE, LANE_BITS, LANES, PLAIN_MODULUS } from './ring.js';

const LONGEST_UPDATE = 1_000_000_000;
const MOST_COUNTS = 65_536;
/** Far inside what a double holds, so that levels/range and its products stay finite. */
const SMALLEST_SCALE = 1e-100;
const LARGEST_SCALE = 1e100;
/** Every count may reach at least 2^45 at every site. */
const COUNT_BITS = 45;
const WIDEST_LIMB = 15;

/**
 * The validated parameter object of a sum (PROTOCOL.md section 3), the same for everybody who derives it from `shape`.
 * @param shape - 3 to 372 sites; up to 10^9 update values; range and weight 1e-100 to 1e100; up to 65,536 counts, names distinct
 * @throws ConsiliumError LAYOUT_REFUSED, naming the number that fails
 */
export function sealParameters(shape: SumShape): SealParameters {
  const bounds = laneBounds({
    sites: shape.sites,
    laneBits: LANE_BITS,
    lanes: LANES,
    plainModulus: PLAIN_MODULUS,
    coefficientModulus: COEFFICIENT_MODULUS,
  });
  requireShape(shape);
  const segments = segmentsOf(shape, bounds);
  const slots = segments.reduce((sum, segment) => sum + slotsOf(segment), 0);
  const blocks = Math.ceil(slots / DEGREE);
  return {
    scheme: 'bfv',
    degree: DEGREE,
    coefficientModulus: COEFFICIENT_MODULUS.toString(),
    plainModulus: PLAIN_MODULUS,
    laneBits: LANE_BITS,
    lanes: LANES,
    sites: shape.sites,
    ...bounds,
    segments,
    slots,
    blocks,
    uploadBytes: fileBytes('upload', blocks),
    foldBytes: fileBytes('fold', blocks),
  };
}

function requireShape({ updateLength, updateRange, maxWeight, counts, table }: SumShape): void {
  if (!Number.isInteger(updateLength) || updateLength < 0 || updateLength > LONGEST_UPDATE)
    throw layoutRefused(`An update of ${updateLength} values is not possible.`, `Take 0 to ${LONGEST_UPDATE} values.`);
  for (const [name, value] of Object.entries({ updateRange, maxWeight }))
    if (!(value >= SMALLEST_SCALE && value <= LARGEST_SCALE))
      throw layoutRefused(
        `${name} is ${value}; it must lie between ${SMALLEST_SCALE} and ${LARGEST_SCALE}.`,
        `Set algorithm.${name} in the study.`,
      );
  for (const names of [counts, table?.names ?? []]) {
    const length = nameCount(names);
    if (length > MOST_COUNTS || new Set(expandNames(names)).size !== length)
      throw layoutRefused(
        `${length} counts: at most ${MOST_COUNTS}, each named once.`,
        'Name each count once, and compare fewer subgroups.',
      );
  }
}

function segmentsOf(shape: SumShape, bounds: LaneBounds): readonly SumSegment[] {
  const { sites, counts, table } = shape;
  // A limb of b bits is at most 2^b − 1, which must not exceed the levels of one site.
  const limbBits = Math.min(WIDEST_LIMB, Math.floor(Math.log2(bounds.levels + 1)));
  const named = (variance: number) => ({ bound: noisedBound(sites, variance, bounds), variance });
  return [
    ...updateSegments(shape, bounds),
    ...(counts.length > 0 ? [{ name: 'counts', names: [...counts], limbs: Math.ceil(COUNT_BITS / limbBits), limbBits } as const] : []),
    ...(table === undefined ? [] : [{ name: 'table', names: [...table.names], ...named(table.variance) } as const]),
    { name: 'check', slots: CHECK_SLOTS },
  ];
}

/** A weighted update with its weight, or whole numbers with noise and nothing beside them. */
function updateSegments(
  { sites, updateLength, updateRange, maxWeight, updateVariance }: SumShape,
  bounds: LaneBounds,
): readonly SumSegment[] {
  if (updateVariance === undefined)
    return [
      ...(updateLength > 0 ? [{ name: 'update', values: updateLength, range: updateRange } as const] : []),
      { name: 'weight', values: 1, maxWeight },
    ];
  const bound = noisedBound(sites, updateVariance, bounds);
  return updateLength > 0 ? [{ name: 'noised', values: updateLength, bound, variance: updateVariance }] : [];
}

/** Values that a segment puts into lanes; the check values take whole slots instead. */
export function laneValuesOf(segment: SumSegment): number {
  switch (segment.name) {
    case 'check':
      return 0;
    case 'counts':
      return nameCount(segment.names) * segment.limbs;
    case 'table':
      return nameCount(segment.names);
    default:
      return segment.values;
  }
}

function slotsOf(segment: SumSegment): number {
  return segment.name === 'check' ? segment.slots : Math.ceil(laneValuesOf(segment) / LANES);
}
