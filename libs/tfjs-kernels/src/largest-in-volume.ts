import type { backend_util, TypedArray } from '@tensorflow/tfjs-core';
import { visitWindows, windowsOf } from './volume-windows.js';

/**
 * Where the first largest value of each pooled window lies.
 * @param x - [batch, depth, height, width, channels], flat
 * @returns for each element of the output, flat, the index in `x`; −1 where a window lies wholly outside
 */
export function largestInVolume(info: backend_util.Conv3DInfo, x: TypedArray): Int32Array {
  const channels = info.inChannels;
  const perVolume = windowsOf(info) * channels;
  const places = new Int32Array(info.batchSize * perVolume).fill(-1);
  for (let volume = 0; volume < info.batchSize; volume += 1) {
    const start = volume * info.inDepth * info.inHeight * info.inWidth;
    visitWindows(info, (window, _, voxel) => {
      const from = (start + voxel) * channels;
      const to = volume * perVolume + window * channels;
      for (let channel = 0; channel < channels; channel += 1) {
        const place = places[to + channel] ?? -1;
        if (place < 0 || (x[from + channel] ?? 0) > (x[place] ?? 0)) places[to + channel] = from + channel;
      }
    });
  }
  return places;
}
