/** Server-sent events (WHATWG HTML, "Server-sent events"): one browser's stream, told through a small handle. */
export interface EventStream {
  /** Send one event; `data` becomes JSON. Quiet once the stream has ended. */
  send(name: string, data: unknown): void;
  comment(text: string): void;
  end(): void;
}

const retryMs = 2_000;
/** Unread bytes after which a reader counts as gone: it comes back and reads everything anew. */
const bufferBytes = 256 * 1024;

/** A response that stays open. `begin` gets the handle and returns what ends its sources. */
export function eventStream(begin: (stream: EventStream) => () => void): Response {
  const encoder = new TextEncoder();
  let finish: () => void = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let open = true;
        let stop: () => void = () => {};
        const write = (text: string) => {
          if (!open) return;
          controller.enqueue(encoder.encode(text));
          if ((controller.desiredSize ?? 0) <= 0) handle.end();
        };
        const handle: EventStream = {
          send: (name, data) => write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
          comment: (text) => write(`: ${text}\n\n`),
          end: () => {
            if (!open) return;
            open = false;
            stop();
            controller.close();
          }
        };
        finish = () => {
          if (!open) return;
          open = false;
          stop();
        };
        write(`retry: ${retryMs}\n\n`);
        stop = begin(handle);
        if (!open) stop();
      },
      cancel() {
        finish();
      }
    },
    new ByteLengthQueuingStrategy({ highWaterMark: bufferBytes })
  );
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies that buffer (nginx) would hold news back.
      'x-accel-buffering': 'no'
    }
  });
}
