import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { EngineEvent, type Room } from 'livekit-client';
import { takeEarly } from './early.ts';

test('[CALL-73] a receiver’s streams are the worker’s before anything is agreed on', () => {
  const engine = new EventEmitter();
  const sent: unknown[][] = [];
  takeEarly({ engine } as unknown as Room, { postMessage: (...said: unknown[]) => sent.push(said) });
  const streams = { readable: new ReadableStream(), writable: new WritableStream() };
  const receiver = (more: object) => ({ track: { id: 'a' }, ...more });
  const publisher = {
    addTransceiverOfKind: (kind: string) => ({
      receiver: receiver(kind === 'video' ? { createEncodedStreams: () => streams } : {})
    })
  };
  engine.emit(EngineEvent.TransportsCreated, publisher);
  const added = publisher.addTransceiverOfKind('video').receiver;
  const { readable, writable } = streams;
  expect(sent).toEqual([[{ kind: 'early', data: { trackId: 'a', ...streams } }, [readable, writable]]]);
  // The media client finds some, so it asks for none; they are not those.
  expect(added).toMatchObject({
    readableStream: expect.any(ReadableStream),
    writableStream: expect.any(WritableStream)
  });
  expect(Object.values(added)).not.toContain(readable);
  // A browser that has script transforms instead takes none early.
  expect(publisher.addTransceiverOfKind('audio').receiver).toEqual(receiver({}));
  expect(sent).toHaveLength(1);
});
