import { EngineEvent, type Room } from 'livekit-client';

/** What an encrypted receiver got, before it is known whose it will be. */
export interface EarlyStreams {
  /** Of the receiver's track. */
  trackId: string;
  readable: ReadableStream;
  writable: WritableStream;
}

/** The streams as the media client keeps them, so that it asks for none itself. */
interface EncodedReceiver extends RTCRtpReceiver {
  createEncodedStreams?: () => Omit<EarlyStreams, 'trackId'>;
  readableStream?: ReadableStream;
  writableStream?: WritableStream;
}

/**
 * [CALL-73] A browser with encoded streams throws away what arrives before they are taken, and the media client takes
 * them when it hears of the track: by then the first key frame is often gone, and another one is long in coming, because
 * the media server asks for few. So they are taken with each receiver, before anything is agreed on, and wait in the
 * worker.
 */
export function takeEarly(room: Pick<Room, 'engine'>, worker: Pick<Worker, 'postMessage'>): void {
  room.engine.on(EngineEvent.TransportsCreated, (publisher) => {
    const add = publisher.addTransceiverOfKind.bind(publisher);
    publisher.addTransceiverOfKind = (kind, init) => {
      const transceiver = add(kind, init);
      const receiver: EncodedReceiver = transceiver.receiver;
      const streams = receiver.createEncodedStreams?.();
      if (!streams) return transceiver;
      const data: EarlyStreams = { trackId: receiver.track.id, ...streams };
      worker.postMessage({ kind: 'early', data }, [streams.readable, streams.writable]);
      // Sent to the worker in their place, which puts the true ones in.
      receiver.readableStream = new ReadableStream();
      receiver.writableStream = new WritableStream();
      return transceiver;
    };
  });
}
