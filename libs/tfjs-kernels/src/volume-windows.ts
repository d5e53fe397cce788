import type { backend_util } from '@tensorflow/tfjs-core';

type Info = Pick<
  backend_util.Conv3DInfo,
  | 'padInfo'
  | 'batchSize'
  | 'inDepth'
  | 'inHeight'
  | 'inWidth'
  | 'outDepth'
  | 'outHeight'
  | 'outWidth'
  | 'strideDepth'
  | 'strideHeight'
  | 'strideWidth'
  | 'dilationDepth'
  | 'dilationHeight'
  | 'dilationWidth'
  | 'filterDepth'
  | 'filterHeight'
  | 'filterWidth'
>;

/** How many windows of a filter one volume has. */
export const windowsOf = ({ outDepth, outHeight, outWidth }: Info): number => outDepth * outHeight * outWidth;

/** How many places a filter looks at. */
export const tapsOf = ({ filterDepth, filterHeight, filterWidth }: Info): number => filterDepth * filterHeight * filterWidth;

/**
 * Visits what each window of one volume [depth, height, width] sees, window by window in the output's order, tap by tap
 * in the filter's; taps outside the volume are left out.
 * @param visit - gets the window's number, the tap's number, and the number of the voxel, all from 0
 */
export function visitWindows(info: Info, visit: (window: number, tap: number, voxel: number) => void): void {
  const { inDepth, inHeight, inWidth, filterHeight, filterWidth, padInfo } = info;
  let window = 0;
  for (let depth = 0; depth < info.outDepth; depth += 1)
    for (let row = 0; row < info.outHeight; row += 1)
      for (let column = 0; column < info.outWidth; column += 1, window += 1)
        for (let tapDepth = 0; tapDepth < info.filterDepth; tapDepth += 1) {
          const z = depth * info.strideDepth - padInfo.front + tapDepth * info.dilationDepth;
          if (z < 0 || z >= inDepth) continue;
          for (let tapRow = 0; tapRow < filterHeight; tapRow += 1) {
            const y = row * info.strideHeight - padInfo.top + tapRow * info.dilationHeight;
            if (y < 0 || y >= inHeight) continue;
            for (let tapColumn = 0; tapColumn < filterWidth; tapColumn += 1) {
              const x = column * info.strideWidth - padInfo.left + tapColumn * info.dilationWidth;
              if (x < 0 || x >= inWidth) continue;
              visit(window, (tapDepth * filterHeight + tapRow) * filterWidth + tapColumn, (z * inHeight + y) * inWidth + x);
            }
          }
        }
}
