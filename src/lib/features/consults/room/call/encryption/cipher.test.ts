import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeyProviderEvent, type ExternalE2EEKeyProvider, type Room } from 'livekit-client';
import { Cipher } from './cipher.ts';

class FakeWorker extends EventTarget {
  postMessage = vi.fn();
  terminate = vi.fn();
}
const key = (epoch: number) => ({ key: 'q0v3c2tTbm9fQ0Rrb3dzX3NlY3JldF9vZl8zMl9ieXQ', epoch });
const room = { engine: { on: () => undefined }, setE2EEEnabled: async () => undefined } as unknown as Room;

/** A cipher, and each key it was given as [number, whether it is sent with]. */
function open() {
  const cipher = new Cipher({ lost: vi.fn(), steady: vi.fn() });
  const given: [number | undefined, boolean][] = [];
  const { keyProvider } = cipher.options.e2ee as unknown as { keyProvider: ExternalE2EEKeyProvider };
  keyProvider.on(KeyProviderEvent.SetKey, ({ keyIndex }, send) => given.push([keyIndex, send ?? true]));
  return { cipher, given };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('Worker', FakeWorker);
});
afterEach(() => void vi.useRealTimers());

test('[CALL-70] a new key is received with at once and sent with later; the next one does not put that off', async () => {
  const { cipher, given } = open();
  await cipher.begin(room, key(1));
  await cipher.renew(key(2));
  await vi.advanceTimersByTimeAsync(1_000);
  await cipher.renew(key(3));
  expect(given).toEqual([
    [1, true],
    [2, false],
    [3, false]
  ]);
  // Somebody who left with the second key's coming must not read on because somebody else left too.
  await vi.advanceTimersByTimeAsync(600);
  await vi.waitFor(() => expect(given.at(-1)).toEqual([2, true]));
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.waitFor(() => expect(given.at(-1)).toEqual([3, true]));
  await cipher.renew(key(2));
  expect(given).toHaveLength(5);
  cipher.end();
});
