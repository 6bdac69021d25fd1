import { expect, test } from 'vitest';
import { CameraAsks } from './asks.svelte.ts';

const li = { identity: 'm:li', name: '李明' };
const wang = { identity: 'm:wang', name: '王志远' };

test('[CALL-51] a second question waits until the first has been answered, and is asked then', () => {
  const asks = new CameraAsks();
  const first = () => asks.first([wang, li]);
  expect(first()).toBeNull();
  asks.add(li);
  asks.add(wang);
  expect(first()).toEqual(li);
  // Asked again, it is the same question.
  asks.add(li);
  asks.end(li);
  expect(first()).toEqual(wang);
  asks.end(wang);
  expect(first()).toBeNull();
  // A new one of who was answered is a new question.
  asks.add(li);
  expect(first()).toEqual(li);
});

test('[CALL-51] who is not in the call holds up nobody, and is asked for once they are back', () => {
  const asks = new CameraAsks();
  asks.add(li);
  asks.add(wang);
  expect(asks.first([wang])).toEqual(wang);
  expect(asks.first([])).toBeNull();
  expect(asks.first([li, wang])).toEqual(li);
});
