import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FILE_HEADER_BYTES } from '../../libs/sealed-sum/src/blocks/block-file.js';
import { unpackSeat } from '../../site-agent/src/rounds/seats/held-shares.js';
import { stateLayout, studyPath } from '../../site-agent/src/state/index.js';
import type { StudyHash } from '@consilium/protocol';
import type { Needle } from './needle-search.js';

/** As it is, and as hex: the forms in which files and records hold bytes. */
function forms(label: string, bytes: Uint8Array): readonly Needle[] {
  const raw = Buffer.from(bytes);
  return [
    { label: `${label} (raw)`, bytes: raw },
    { label: `${label} (hex)`, bytes: Buffer.from(raw.toString('hex')) },
  ];
}

/** What a site must not keep when a study is over: b and round key of every seat, and everybody's shares of them. */
export function seatNeedles(site: string, stateDirectory: string, hash: string): readonly Needle[] {
  const database = new DatabaseSync(stateLayout(stateDirectory).database, { readOnly: true, timeout: 5_000 });
  try {
    const rows = (sql: string) => database.prepare(sql).all(hash);
    const secrets = rows('SELECT seat, round_key, self_secret FROM study_seat WHERE study = ?').flatMap((row) => [
      ...forms(`round key of ${site}, seat ${String(row['seat'])}`, row['round_key'] as Uint8Array),
      ...forms(`b of ${site}, seat ${String(row['seat'])}`, row['self_secret'] as Uint8Array),
    ]);
    const shares = rows('SELECT seat, shares FROM study_share WHERE study = ?').flatMap((row) =>
      [...unpackSeat(row['shares'] as Uint8Array)].flatMap(([dealer, { selfSecret, roundKey }]) => [
        ...forms(`share of ${dealer}'s b at ${site}, seat ${String(row['seat'])}`, selfSecret.share),
        ...forms(`share of ${dealer}'s round key at ${site}, seat ${String(row['seat'])}`, roundKey.share),
      ]),
    );
    return [...secrets, ...shares];
  } finally {
    database.close();
  }
}

/** A piece of a site's sealed contribution. */
export async function uploadNeedle(site: string, stateDirectory: string, hash: string): Promise<Needle> {
  const folder = studyPath(stateLayout(stateDirectory), hash as StudyHash);
  const bytes = await readFile(join(folder, 'round-1-0.upload'));
  return { label: `contribution of ${site}`, bytes: bytes.subarray(FILE_HEADER_BYTES, FILE_HEADER_BYTES + 64) };
}
