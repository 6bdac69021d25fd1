import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Autosave } from './autosave.svelte.ts';

/** A server that answers when it is told to, and the text somebody types. */
function typing() {
  const sent: string[] = [];
  const answers: { ok(): void; fail(): void }[] = [];
  const field = { text: '' };
  const autosave = new Autosave(
    ({ keepalive }) =>
      new Promise<void>((resolve, reject) => {
        sent.push(field.text + (keepalive ? '!' : ''));
        answers.push({ ok: resolve, fail: () => reject(new Error('refused')) });
      }),
    600
  );
  const type = (text: string) => {
    field.text = text;
    autosave.touched();
  };
  return { sent, answers, autosave, type };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('is kept once, when typing pauses', async () => {
  const { sent, answers, autosave, type } = typing();
  type('a');
  await after(500);
  type('ab');
  await after(500);
  expect(sent).toEqual([]);
  await after(100);
  expect(sent).toEqual(['ab']);
  expect(autosave.state).toBe('saving');
  answers[0]!.ok();
  await after(0);
  expect(autosave.state).toBe('saved');
});

test('one request at a time, and the newest text last', async () => {
  const { sent, answers, autosave, type } = typing();
  type('older');
  await after(600);
  type('newer');
  const kept = autosave.now();
  await after(0);
  expect(sent).toEqual(['older']);
  answers[0]!.ok();
  await after(0);
  expect(sent).toEqual(['older', 'newer']);
  expect(autosave.state).toBe('saving');
  answers[1]!.ok();
  await kept;
  expect(autosave.state).toBe('saved');
});

test('a failure is told, thrown to who waits, and does not keep the next from going', async () => {
  const { sent, answers, autosave, type } = typing();
  type('a');
  const kept = autosave.now();
  await after(0);
  answers[0]!.fail();
  await expect(kept).rejects.toThrow('refused');
  expect(autosave.state).toBe('failed');
  type('ab');
  await after(600);
  expect(sent).toEqual(['a', 'ab']);
});

test('stopped, nothing is sent behind what comes next', async () => {
  const { sent, answers, autosave, type } = typing();
  type('a');
  await after(600);
  type('ab');
  let stopped = false;
  void autosave.stop().then(() => (stopped = true));
  await after(5000);
  expect([sent, stopped]).toEqual([['a'], false]);
  answers[0]!.ok();
  await after(0);
  expect([sent, stopped]).toEqual([['a'], true]);
});

test('what is not kept yet goes with the page', async () => {
  const { sent, answers, autosave, type } = typing();
  autosave.flush();
  type('a');
  autosave.flush();
  expect(sent).toEqual(['a!']);
  answers[0]!.ok();
  await after(5000);
  expect(sent).toEqual(['a!']);
});
