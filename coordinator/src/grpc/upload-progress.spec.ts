import { SiteName, StudyHash } from '@consilium/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { progressSentence, UploadProgress } from './upload-progress.js';

const d = SiteName.parse('d');
const MB = 10 ** 6;
const upload = { study: StudyHash.parse('a'.repeat(64)), round: 1, attempt: 0, length: 60 * MB };

describe('how far an upload is', () => {
  let now: number;
  let progress: UploadProgress;
  beforeEach(() => {
    now = 1_000_000;
    progress = new UploadProgress(() => now);
  });

  /** Half a megabyte a second. */
  const goOn = (from: number, seconds: number) => {
    for (let second = 1; second <= seconds; second++) {
      now += 1_000;
      progress.moved(d, from + second * 0.5 * MB);
    }
  };
  const sentence = () => {
    const at = progress.of(d);
    return at && progressSentence(at);
  };

  it('is nothing for a site that uploads nothing', () => {
    progress.moved(d, 1);
    expect(sentence()).toBeUndefined();
  });

  it('is told with its speed and what is left', () => {
    progress.begin(d, upload, 0);
    goOn(0, 24);
    expect(progress.of(d)).toMatchObject({ ...upload, held: 12 * MB });
    expect(sentence()).toBe('12.0 of 60.0 MB sent, 0.50 MB/s, about 96 s left.');
  });

  it('counts no bytes into the speed that were there before', () => {
    progress.begin(d, upload, 40 * MB);
    goOn(40 * MB, 4);
    expect(sentence()).toBe('42.0 of 60.0 MB sent, 0.50 MB/s, about 36 s left.');
  });

  it('looks at the last 20 seconds, and sees that nothing moves', () => {
    progress.begin(d, upload, 0);
    progress.moved(d, 30 * MB);
    goOn(30 * MB, 40);
    expect(progress.of(d)?.bytesPerSecond).toBeCloseTo(0.5 * MB, -4);
    progress.begin(d, upload, 50 * MB);
    now += 5_000;
    expect(sentence()).toBe('50.0 of 60.0 MB sent, nothing moves.');
  });
});
