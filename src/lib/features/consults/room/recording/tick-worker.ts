/// <reference lib="webworker" />
/** A clock that goes on at its pace while the page is in the background, where the page's own timers are slowed down. */
let timer: ReturnType<typeof setInterval> | undefined;

self.onmessage = ({ data }: MessageEvent<number>) => {
  clearInterval(timer);
  timer = setInterval(() => self.postMessage(null), data);
};
