import { Awareness } from 'y-protocols/awareness';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import type { WindowPreset } from '#lib/features/imaging/window.ts';
import type { BoardImage } from './initial.ts';
import type {
  BoardColor,
  BoardMode,
  BoardTool,
  BoardUser,
  IslandHandle,
  IslandNotice,
  IslandState
} from './island/types.ts';
import { type BoardPerson, peopleOf, presenterOf } from './people.ts';

export interface BoardControllerOptions {
  documentId: string;
  /** Base of the collab socket, e.g. `wss://host/collab`; the document's id is put behind it. */
  url: string;
  user: BoardUser;
  mode: BoardMode;
  /** For tests: instead of the browser's own. */
  WebSocketPolyfill?: typeof WebSocket;
}

export type BoardConnection = 'connecting' | 'online' | 'offline';

const emptyState: IslandState = {
  tool: 'select',
  color: 'yellow',
  canUndo: false,
  canRedo: false,
  zoom: 1,
  pins: [],
  measures: [],
  xray: null,
  selectionCount: 0,
  openPin: null,
  following: null,
  penOnly: false
};

/** Retry no more than this long after the line broke, milliseconds; for ever. */
const maxBackoffMs = 2_500;

/**
 * One board: its document, the line to the server, who is there, and what can be done. Works without being
 * shown; `Board.svelte` shows it.
 */
export class BoardController {
  readonly documentId: string;
  readonly user: BoardUser;
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly provider: WebsocketProvider;
  /** What others follow: this tab, not only this person. */
  readonly presenceId: string;

  connection = $state<BoardConnection>('connecting');
  /** The document was received whole at least once. */
  isLoaded = $state(false);
  mode = $state<BoardMode>('read');
  people = $state.raw<BoardPerson[]>([]);
  island = $state.raw<IslandState>(emptyState);
  isPresenting = $state(false);
  /** A length that waits for its millimetres. */
  calibrating = $state<string | null>(null);
  notice = $state<IslandNotice | null>(null);
  setAsideCount = $state(0);

  #handle: IslandHandle | null = null;
  #followed: string | null = null;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: BoardControllerOptions) {
    this.documentId = options.documentId;
    this.user = options.user;
    this.mode = options.mode;
    this.presenceId = `${options.user.id}#${this.doc.clientID}`;
    this.awareness.setLocalStateField('user', { ...options.user, presenceId: this.presenceId });
    this.provider = new WebsocketProvider(options.url, options.documentId, this.doc, {
      awareness: this.awareness,
      // Between tabs too everything goes through the server, which alone decides what is let in.
      disableBc: true,
      maxBackoffTime: maxBackoffMs,
      ...(options.WebSocketPolyfill ? { WebSocketPolyfill: options.WebSocketPolyfill } : {})
    });
    this.provider.on('status', this.#onStatus);
    this.provider.on('sync', this.#onSync);
    this.awareness.on('change', this.#onPeople);
    this.#onPeople();
  }

  /** Who asks everyone to follow, if anyone but this tab. */
  get presenter(): BoardPerson | null {
    return presenterOf(this.people, this.presenceId);
  }

  /** Whose view this tab follows. */
  get following(): BoardPerson | null {
    return this.people.find((person) => person.presenceId === this.island.following) ?? null;
  }

  get canWrite(): boolean {
    return this.mode === 'write';
  }

  setTool(tool: BoardTool): void {
    this.#handle?.setTool(tool);
  }
  setColor(color: BoardColor): void {
    this.#handle?.setColor(color);
  }
  undo(): void {
    this.#handle?.undo();
  }
  redo(): void {
    this.#handle?.redo();
  }
  zoomToFit(): void {
    this.#handle?.zoomToFit();
  }
  zoomIn(): void {
    this.#handle?.zoomIn();
  }
  zoomOut(): void {
    this.#handle?.zoomOut();
  }
  deleteSelection(): void {
    this.#handle?.deleteSelection();
  }
  leavePenOnly(): void {
    this.#handle?.leavePenOnly();
  }
  applyPreset(preset: WindowPreset): void {
    this.#handle?.applyPreset(preset);
  }
  toggleInvert(): void {
    this.#handle?.toggleInvert();
  }
  rotateImage(): void {
    this.#handle?.rotateImage();
  }
  insertImage(image: BoardImage): void {
    this.#handle?.insertImage(image);
  }
  removeImage(xrayId: string): void {
    this.#handle?.removeImage(xrayId);
  }
  editPin(id: string, change: { text?: string; tooth?: string }): void {
    this.#handle?.editPin(id, change);
  }
  removePin(id: string): void {
    this.#handle?.removeShape(id);
  }
  /** Bring a pin or a mark into the middle of the view and select it. */
  focusShape(id: string): void {
    this.#handle?.focusShape(id);
  }
  closePin(): void {
    this.#handle?.closePin();
  }

  /** False where the line is too short to rest a scale on. */
  calibrate(measureId: string, knownMm: number, on: string): boolean {
    return this.#handle?.calibrate(measureId, knownMm, on) ?? false;
  }

  /** Ask everyone to follow this tab's view, or stop asking. */
  followMe(on: boolean): void {
    this.isPresenting = on;
    this.awareness.setLocalStateField('presenting', on ? Date.now() : null);
    if (on) this.follow(null);
  }

  /** Follow a person's view by their presence id; null: nobody. Ends by itself when the view is moved by hand. */
  follow(presenceId: string | null): void {
    this.#handle?.follow(presenceId);
  }

  /** The whole board as PNG; null while it is not shown or empty. */
  async exportPng(): Promise<Blob | null> {
    return (await this.#handle?.exportPng()) ?? null;
  }

  setMode(mode: BoardMode): void {
    this.mode = mode;
    this.#handle?.setMode(mode);
  }

  setDark(dark: boolean): void {
    this.#handle?.setDark(dark);
  }

  /** Called by Board.svelte with what it mounted, and with null when it takes it away. */
  attach(handle: IslandHandle | null): void {
    this.#handle = handle;
    this.#followed = null;
    if (handle) this.#followPresenter();
    else this.island = emptyState;
  }

  showNotice(notice: IslandNotice): void {
    this.notice = notice;
    clearTimeout(this.#noticeTimer);
    if (notice === 'mark_on_image') this.#noticeTimer = setTimeout(() => (this.notice = null), 4_000);
  }

  destroy(): void {
    clearTimeout(this.#noticeTimer);
    this.#handle?.destroy();
    this.#handle = null;
    this.awareness.off('change', this.#onPeople);
    this.provider.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }

  readonly #onStatus = ({ status }: { status: 'connected' | 'disconnected' | 'connecting' }): void => {
    if (status === 'disconnected') this.connection = 'offline';
    else if (status === 'connecting' && this.connection !== 'offline') this.connection = 'connecting';
  };

  readonly #onSync = (isSynced: boolean): void => {
    if (!isSynced) return;
    this.isLoaded = true;
    this.connection = 'online';
  };

  readonly #onPeople = (): void => {
    this.people = peopleOf(this.awareness.getStates());
    this.#followPresenter();
  };

  /** Once for each time somebody begins to present: who has turned away is not pulled back. */
  #followPresenter(): void {
    const presenter = this.presenter;
    const key = presenter ? `${presenter.presenceId}@${presenter.presentingSince}` : null;
    if (key === this.#followed || !this.#handle) return;
    this.#followed = key;
    if (presenter && !this.isPresenting) this.#handle.follow(presenter.presenceId);
    if (!presenter && this.island.following) this.#handle.follow(null);
  }
}

/** A board that connects at once. Call `destroy` when its page goes. */
export function createBoardController(options: BoardControllerOptions): BoardController {
  return new BoardController(options);
}
