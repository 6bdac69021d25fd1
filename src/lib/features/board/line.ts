import { Awareness } from 'y-protocols/awareness';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { metaRoot } from './format.ts';
import { attachPresent } from './present.ts';
import { applyPatientNews } from './patient-view.ts';
import { type BoardNotice, type SavedState, attachNotices, attachSaved, attachShown } from './saved.ts';

export interface LineEvents {
  onStatus(status: 'connected' | 'connecting' | 'disconnected'): void;
  onLoaded(): void;
  /** The server could not be reached, or refused to talk; it is tried again. */
  onFailed(): void;
  /** The server closed the line for good. */
  onClosed(reason: ClosedReason): void;
  onSaved(state: SavedState): void;
  onNotice(notice: BoardNotice): void;
  /** Something beside the records changed. */
  onMeta(doc: Y.Doc): void;
  onPeople(states: ReadonlyMap<number, unknown>): void;
  /** What a patient is shown has changed. */
  onShown(shown: Y.Doc): void;
}

/** One copy of a board's document and its line to the server. */
export interface BoardLine {
  /** For a patient: not the document itself, but what they are shown of it. */
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  close(): void;
}

/**
 * `session`: signed out. `access`: no right, or it was taken away. `gone`: no such board, or it has ended.
 * `copy`: this copy holds something the server does not take and must be given up.
 */
export type ClosedReason = 'session' | 'access' | 'gone' | 'copy';

/** Codes of server/collab/close-codes.ts that y-websocket's client takes as final. */
const closedReasons: Readonly<Record<number, ClosedReason>> = {
  4401: 'session',
  4403: 'access',
  4404: 'gone',
  4409: 'gone'
};

export interface LineOptions {
  url: string;
  params?: Record<string, string>;
  documentId: string;
  /** The line of a visiting patient, who is shown what a host chose. */
  isPatient: boolean;
  /** Told to the others; see people.ts. */
  self: Record<string, unknown>;
  WebSocketPolyfill?: typeof WebSocket | undefined;
}

/** Tries again at least this often after the line broke, for ever; milliseconds. */
const maxBackoffMs = 2_500;

export function openLine(
  { url, params = {}, documentId, isPatient, self, WebSocketPolyfill }: LineOptions,
  events: LineEvents
): BoardLine {
  const doc = new Y.Doc();
  const shown = isPatient ? new Y.Doc() : doc;
  const awareness = new Awareness(doc);
  awareness.setLocalStateField('user', self);
  const provider = new WebsocketProvider(url, documentId, doc, {
    awareness,
    params,
    // Between tabs too everything goes through the server, which alone decides what is let in.
    disableBc: true,
    maxBackoffTime: maxBackoffMs,
    ...(WebSocketPolyfill ? { WebSocketPolyfill } : {})
  });
  const detachPresent = attachPresent(provider);
  const saved = attachSaved(provider, doc);
  const detachNotices = attachNotices(provider, events.onNotice);
  const detachShown = attachShown(provider, (news) => {
    applyPatientNews(shown, news);
    events.onShown(shown);
  });
  const onStatus = ({ status }: { status: 'connected' | 'connecting' | 'disconnected' }): void =>
    events.onStatus(status);
  const onSync = (isSynced: boolean): void => {
    if (isSynced) events.onLoaded();
  };
  const onClosed = ({ code }: { code: number }): void => events.onClosed(closedReasons[code] ?? 'copy');
  const onFailed = (): void => events.onFailed();
  const onPeople = (): void => events.onPeople(awareness.getStates());
  const onMeta = (): void => events.onMeta(doc);
  doc.getMap(metaRoot).observe(onMeta);
  provider.on('status', onStatus);
  provider.on('sync', onSync);
  provider.on('connection-error', onFailed);
  provider.on('closed', onClosed);
  awareness.on('change', onPeople);
  const stopSaved = saved.subscribe(events.onSaved);
  onPeople();
  return {
    doc: shown,
    awareness,
    close() {
      stopSaved();
      doc.getMap(metaRoot).unobserve(onMeta);
      saved.destroy();
      detachPresent();
      detachNotices();
      detachShown();
      provider.off('status', onStatus);
      provider.off('sync', onSync);
      provider.off('connection-error', onFailed);
      provider.off('closed', onClosed);
      awareness.off('change', onPeople);
      provider.destroy();
      awareness.destroy();
      doc.destroy();
      if (isPatient) shown.destroy();
    }
  };
}
