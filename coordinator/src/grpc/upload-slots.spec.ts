import { describe, expect, it } from 'vitest';
import { UploadSlots } from './upload-slots.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the slots of uploads', () => {
  it('let one stream write an object, and streams of other objects beside it', async () => {
    const slots = new UploadSlots();
    const ended: string[] = [];
    await slots.enter('one', () => ended.push('first'));
    await slots.enter('other', () => ended.push('beside'));
    expect(ended).toEqual([]);
  });

  it('end the stream that holds a slot, and let the next one in only when it has let go', async () => {
    const slots = new UploadSlots();
    const happened: string[] = [];
    const leave = await slots.enter('object', () => happened.push('first is ended'));
    const second = slots
      .enter('object', () => happened.push('second is ended'))
      .then((done) => {
        happened.push('second is in');
        return done;
      });
    await turn();
    expect(happened).toEqual(['first is ended']);
    happened.push('first lets go');
    leave();
    (await second)();
    expect(happened).toEqual(['first is ended', 'first lets go', 'second is in']);
  });

  it('let many that come at once in one after the other', async () => {
    const slots = new UploadSlots();
    let inside = 0;
    let most = 0;
    const stream = async () => {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      const leave = await slots.enter('object', end);
      inside += 1;
      most = Math.max(most, inside);
      await Promise.race([ended, turn().then(turn)]);
      inside -= 1;
      leave();
    };
    await Promise.all(Array.from({ length: 10 }, stream));
    expect([most, inside]).toEqual([1, 0]);
  });
});
