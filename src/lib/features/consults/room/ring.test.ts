import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { WaitingNews } from '../waiting.server.ts';
import { followWaiting } from './ring.svelte.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // A page that has not been touched: it makes no sound.
  const context = { state: 'suspended', resume: () => Promise.resolve(), close: () => Promise.resolve() };
  vi.stubGlobal(
    'AudioContext',
    vi.fn(function () {
      return context;
    })
  );
});
afterEach(() => void vi.useRealTimers());

/** A browser that listens, and a server that answers `answer` when it is asked whether to ring. */
function listening(answer: () => Promise<Response> = async () => Response.json({ ring: true, waits: true })) {
  const asked = vi.fn(answer);
  vi.stubGlobal('fetch', asked);
  let tell: (news: unknown) => void = () => {};
  const did: string[] = [];
  const stop = followWaiting(
    {
      on: (_, listener) => {
        tell = listener;
        return () => true;
      }
    },
    {
      isOn: () => true,
      said: (id) => void did.push(`said ${id}`),
      unsaid: (id) => void did.push(`unsaid ${id}`)
    }
  );
  const news = (consultId: string, ring: boolean) => tell({ consultId, rank: 0, ring } satisfies WaitingNews);
  return { asked, did, news, stop };
}
const moment = () => vi.advanceTimersByTimeAsync(1_000);

test('[CN-33] what is said of who waits is gone as soon as nobody waits there any more, and of nobody else', async () => {
  const { did, news, stop } = listening();
  news('one', true);
  news('two', true);
  await moment();
  expect(did).toEqual(['said one', 'said two']);
  news('one', false);
  news('one', false);
  expect(did.slice(2)).toEqual(['unsaid one']);
  stop();
});

test('[CN-33] who is let in while the server is asked is not rung for, and not asked for again', async () => {
  let answer: (response: Response) => void = () => {};
  const { asked, did, news, stop } = listening(() => new Promise((done) => (answer = done)));
  news('one', true);
  await moment();
  expect(asked).toHaveBeenCalledTimes(1);
  news('one', false);
  answer(Response.json({ ring: true, waits: true }));
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(did).toEqual([]);
  expect(asked).toHaveBeenCalledTimes(1);
  stop();
});
