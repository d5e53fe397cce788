/** DICOM run-length coding of one frame: byte planes, runs where two bytes are equal, literals else. */
export function rle(planes: readonly Buffer[]): Buffer {
  const segments = planes.map((plane) => {
    const out: number[] = [];
    let at = 0;
    while (at < plane.length) {
      let run = 1;
      while (run < 128 && plane[at + run] === plane[at] && at + run < plane.length) run += 1;
      if (run > 1) out.push(257 - run, plane[at] ?? 0);
      else out.push(0, plane[at] ?? 0);
      at += run;
    }
    if (out.length % 2 === 1) out.push(128);
    return Buffer.from(out);
  });
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  let offset = 64;
  for (const [index, segment] of segments.entries()) {
    header.writeUInt32LE(offset, 4 + index * 4);
    offset += segment.length;
  }
  return Buffer.concat([header, ...segments]);
}
