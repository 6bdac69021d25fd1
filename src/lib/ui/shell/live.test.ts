import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Live } from './live.svelte.ts';

/** As the browser's, but opened and fed by the test. */
class FakeSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  static all: FakeSource[] = [];
  readyState = FakeSource.CONNECTING;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;
  constructor(url: string) {
    super();
    this.url = url;
    FakeSource.all.push(this);
  }
  close() {
    this.readyState = FakeSource.CLOSED;
  }
  arrive() {
    this.readyState = FakeSource.OPEN;
    this.onopen?.();
  }
  fail() {
    this.readyState = FakeSource.CLOSED;
    this.onerror?.();
  }
  tell(name: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
  }
  static get living() {
    return FakeSource.all.filter((one) => one.readyState !== FakeSource.CLOSED);
  }
}

let hidden = false;
const page = new EventTarget();
beforeEach(() => {
  vi.useFakeTimers();
  FakeSource.all = [];
  hidden = false;
  vi.stubGlobal('EventSource', FakeSource);
  vi.stubGlobal('document', Object.defineProperty(page, 'hidden', { get: () => hidden, configurable: true }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('one stream a tab', () => {
  it('brings the own news and a consult’s over one line', () => {
    const live = new Live('/api/events');
    const close = live.open();
    FakeSource.all[0]!.arrive();
    const heard: unknown[] = [];
    live.on('consult', (data) => heard.push(data));
    live.on('notification', (data) => heard.push(data));
    live.follow('c1', new Date(5));
    // The old line stays until the new one is open: nothing falls between them.
    expect(FakeSource.living.map((one) => one.url)).toEqual([
      '/api/events',
      '/api/events?consult=c1&since=5'
    ]);
    FakeSource.all[0]!.tell('notification', 1);
    FakeSource.all[1]!.arrive();
    expect(FakeSource.living).toHaveLength(1);
    FakeSource.all[1]!.tell('consult', { name: 'message' });
    FakeSource.all[1]!.tell('notification', 2);
    expect(heard).toEqual([1, { name: 'message' }, 2]);
    close();
    expect(FakeSource.living).toHaveLength(0);
  });

  it('asks to read again after a gap, and not after a change of lines without one', () => {
    const live = new Live('/api/events');
    live.open();
    const again = vi.fn();
    const opened = vi.fn();
    live.onReopened(again);
    live.onOpened(opened);
    FakeSource.all[0]!.arrive();
    expect(opened).toHaveBeenCalledOnce();
    live.follow('c1', new Date(5));
    FakeSource.all[1]!.arrive();
    expect(again).not.toHaveBeenCalled();
    FakeSource.all[1]!.fail();
    vi.advanceTimersByTime(1_000);
    FakeSource.all[2]!.arrive();
    expect(again).toHaveBeenCalledOnce();
    expect(opened).toHaveBeenCalledTimes(2);
    expect(FakeSource.all[2]!.url).toBe('/api/events?consult=c1&since=5');
  });

  it('no longer asks for a consult that nobody follows', () => {
    const live = new Live('/api/events');
    live.open();
    const stop = live.follow('c1', new Date(5));
    FakeSource.all.at(-1)!.arrive();
    stop();
    FakeSource.all.at(-1)!.fail();
    vi.advanceTimersByTime(1_000);
    expect(FakeSource.all.at(-1)!.url).toBe('/api/events');
    expect(FakeSource.living).toHaveLength(1);
  });

  it.each([
    [{}, 0],
    [{ always: true }, 1]
  ])('gives its line back in a tab nobody sees, unless told to stay: %j', (options, left) => {
    const live = new Live('/api/events', options);
    live.open();
    FakeSource.all[0]!.arrive();
    hidden = true;
    page.dispatchEvent(new Event('visibilitychange'));
    vi.advanceTimersByTime(40_000);
    expect(FakeSource.living).toHaveLength(left);
  });
});
