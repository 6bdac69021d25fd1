import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { WebsocketProvider } from 'y-websocket';
import type * as Y from 'yjs';
import type { PatientNews } from './patient-view.ts';

/**
 * Whether what this browser did is on the server's disk, and what the server has to say.
 *
 * The client sends a mark, a growing number, behind its changes on the same socket; the server sends it back
 * once everything that came before it is committed. A state vector could not say that: it does not change
 * when something is deleted. After a reconnect the mark goes behind the answer to the server's step 1, which
 * carries what was done offline.
 */
export type SavedState = 'saved' | 'saving' | 'offline';

export interface Saved {
  /** Calls `listener` with the state now and on each change. @returns unsubscribe */
  subscribe(listener: (state: SavedState) => void): () => void;
  destroy(): void;
}

export type BoardNotice =
  | { kind: 'read-only'; reason: 'access' | 'closed' | 'full' }
  | { kind: 'writable' }
  | { kind: 'refused'; code: string }
  | { kind: 'presence-too-large' }
  | { kind: 'save-delayed' }
  | { kind: 'save-resumed' }
  /** Who came in by another server sees changes late, and is not seen. What is saved is saved. */
  | { kind: 'relay-lost' }
  | { kind: 'relay-back' };

const savedMessage = 100;
const noticeMessage = 101;
const shownMessage = 103;
/** A mark follows a change after this, so that a drag makes ten a second at most. */
const markDelayMs = 100;

/** Call right after the provider was made: marks must follow the changes it sends. */
export function attachSaved(provider: WebsocketProvider, doc: Y.Doc): Saved {
  const listeners = new Set<(state: SavedState) => void>();
  let state: SavedState = 'offline';
  let mark = 0;
  let changed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function become(next: SavedState): void {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener(next);
  }

  function sendMark(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!provider.wsconnected || !provider.synced || !provider.ws) return;
    changed = false;
    mark++;
    become('saving');
    provider.ws.send(
      encoding.encode((encoder) => {
        encoding.writeVarUint(encoder, savedMessage);
        encoding.writeVarUint(encoder, mark);
      })
    );
  }

  function onUpdate(_update: Uint8Array, origin: unknown): void {
    if (origin === provider) return;
    changed = true;
    if (!provider.wsconnected) return;
    become('saving');
    timer ??= setTimeout(sendMark, markDelayMs);
  }

  function onStatus({ status }: { status: string }): void {
    if (status === 'connected') {
      become('saving');
      // A new clock: others have dropped this person with the old connection and would pass over the old one.
      const presence = provider.awareness.getLocalState();
      if (presence) provider.awareness.setLocalState(presence);
    } else become('offline');
  }

  function onSync(synced: boolean): void {
    if (synced) sendMark();
  }

  provider.messageHandlers[savedMessage] = (_encoder: encoding.Encoder, decoder: decoding.Decoder) => {
    if (decoding.readVarUint(decoder) === mark && !changed && provider.wsconnected) become('saved');
  };
  doc.on('update', onUpdate);
  provider.on('status', onStatus);
  provider.on('sync', onSync);
  if (provider.wsconnected) onStatus({ status: 'connected' });
  onSync(provider.synced);

  return {
    subscribe(listener) {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
    destroy() {
      clearTimeout(timer);
      listeners.clear();
      doc.off('update', onUpdate);
      provider.off('status', onStatus);
      provider.off('sync', onSync);
      provider.messageHandlers[savedMessage] = () => {};
    }
  };
}

/** Calls `listener` with what the server tells. @returns detach */
export function attachNotices(
  provider: WebsocketProvider,
  listener: (notice: BoardNotice) => void
): () => void {
  provider.messageHandlers[noticeMessage] = (_encoder: encoding.Encoder, decoder: decoding.Decoder) => {
    listener(JSON.parse(decoding.readVarString(decoder)) as BoardNotice);
  };
  return () => {
    provider.messageHandlers[noticeMessage] = () => {};
  };
}

/** Calls `listener` with what a visiting patient is shown. @returns detach */
export function attachShown(provider: WebsocketProvider, listener: (news: PatientNews) => void): () => void {
  provider.messageHandlers[shownMessage] = (_encoder: encoding.Encoder, decoder: decoding.Decoder) => {
    listener(JSON.parse(decoding.readVarString(decoder)) as PatientNews);
  };
  return () => {
    provider.messageHandlers[shownMessage] = () => {};
  };
}
