import { describe, expect, it } from 'vitest';
import { eventStream, type EventStream } from './stream.ts';

function opened() {
  let stream!: EventStream;
  let stopped = 0;
  const response = eventStream((handle) => {
    stream = handle;
    return () => void (stopped += 1);
  });
  return { response, stream, stopped: () => stopped };
}

describe('eventStream', () => {
  it('speaks the event stream format, unbuffered and uncached', async () => {
    const { response, stream, stopped } = opened();
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    stream.send('consult', { name: 'changed\n\nevent: forged' });
    stream.comment('still here');
    stream.end();
    stream.send('late', {});
    expect(await response.text()).toBe(
      'retry: 2000\n\nevent: consult\ndata: {"name":"changed\\n\\nevent: forged"}\n\n: still here\n\n'
    );
    expect(stopped()).toBe(1);
  });

  it('stops its sources when the browser goes', async () => {
    const { response, stopped } = opened();
    await response.body!.cancel();
    expect(stopped()).toBe(1);
  });

  it('ends for a reader that reads nothing, instead of holding ever more', () => {
    const { stream, stopped } = opened();
    for (let i = 0; i < 400; i++) stream.send('consult', { filler: 'x'.repeat(1000) });
    expect(stopped()).toBe(1);
  });

  it('stops once when begun sources end it at once', () => {
    let stopped = 0;
    eventStream((stream) => {
      stream.end();
      return () => void (stopped += 1);
    });
    expect(stopped).toBe(1);
  });
});
