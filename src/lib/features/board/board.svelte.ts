import type { WindowPreset } from '#lib/features/imaging/window.ts';
import type { Figure } from './figures.ts';
import type { BoardImage } from './initial.ts';
import type {
  BoardColor,
  BoardMode,
  BoardPicture,
  BoardTool,
  BoardUser,
  IslandHandle,
  IslandNotice,
  IslandState,
  PictureScope
} from './island/types.ts';
import { type FormerValue, quotedIn } from './quotes.ts';
import type { Layout } from './layout.ts';
import { type Moment, momentsOf, nameMoment } from './moments.ts';
import type * as Y from 'yjs';
import { newId } from '#lib/kernel/ids.ts';
import { type BoardLine, type ClosedReason, openLine } from './line.ts';
import { type BoardPerson, peopleOf, presenterOf } from './people.ts';
import type { BoardNotice, SavedState } from './saved.ts';

export interface BoardControllerOptions {
  documentId: string;
  /** Base of the collab socket, e.g. `wss://host/collab`; the document's id is put behind it. */
  url: string;
  /** Sent with each connection, behind its address. */
  params?: Record<string, string>;
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
  ownLooks: false,
  loupe: false,
  selectionCount: 0,
  made: null,
  openPin: null,
  following: null,
  penOnly: false
};

/** Somebody whose every change is refused gets a readable board instead of an endless restart. */
const maxRestarts = 3;

/**
 * One board: its document, the line to the server, who is there, and what can be done. Works without being
 * shown; `Board.svelte` shows it.
 */
export class BoardController {
  readonly documentId: string;
  readonly user: BoardUser;
  /** What others follow: this tab, not only this person. */
  readonly presenceId: string;

  /** The copy of the document in use; a new one after the server refused something in the old one. */
  line = $state.raw<BoardLine>()!;
  connection = $state<BoardConnection>('connecting');
  /** `saved`: all that was done here is on the server's disk. */
  saved = $state<SavedState>('offline');
  /** The document was received whole at least once. */
  isLoaded = $state(false);
  /** What the role allows; see `mode`. */
  allowed = $state<BoardMode>('read');
  /** Why no changes are taken at present: the server says so, or the board is of a newer version than this page. */
  readOnlyReason = $state<'access' | 'closed' | 'full' | 'newer' | null>(null);
  /** Closed for good: nothing of the board is shown any more. */
  ended = $state<Exclude<ClosedReason, 'copy'> | null>(null);
  isSaveDelayed = $state(false);
  /** The server does not hear the other servers. */
  isRelayLost = $state(false);
  /** Something of this person's was refused and taken back. */
  wasRefused = $state(false);
  people = $state.raw<BoardPerson[]>([]);
  island = $state.raw<IslandState>(emptyState);
  isPresenting = $state(false);
  /** Named moments of the board, the oldest first. */
  moments = $state.raw<Moment[]>([]);
  /** A length that waits for its millimetres. */
  calibrating = $state<string | null>(null);
  notice = $state<IslandNotice | null>(null);
  setAsideCount = $state(0);

  /** What can be done now. */
  readonly mode = $derived<BoardMode>(
    this.allowed === 'write' && this.readOnlyReason ? 'read' : this.allowed
  );

  readonly #options: BoardControllerOptions;
  #handle: IslandHandle | null = null;
  #followed: string | null = null;
  #resolvedPins: ReadonlySet<string> = new Set();
  #restarts = 0;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: BoardControllerOptions) {
    this.#options = options;
    this.documentId = options.documentId;
    this.user = options.user;
    this.allowed = options.mode;
    this.presenceId = newId();
    this.line = this.#open();
  }

  /** Who asks everyone to follow, if anyone but this tab. */
  get presenter(): BoardPerson | null {
    return presenterOf(this.people, this.presenceId);
  }

  /** Whose view this tab follows. */
  get following(): BoardPerson | null {
    return this.people.find((person) => person.presenceId === this.island.following) ?? null;
  }

  /** The pins on the board; null while it is not shown. */
  get pins(): IslandState['pins'] | null {
    return this.island === emptyState ? null : this.island.pins;
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
  toggleSharpen(): void {
    this.#handle?.toggleSharpen();
  }
  flipImage(): void {
    this.#handle?.flipImage();
  }
  /** Window, inversion and sharpness for oneself; false: as the board shows it to everyone. */
  setOwnLooks(on: boolean): void {
    this.#handle?.setOwnLooks(on);
  }
  arrange(layout: Layout): void {
    this.#handle?.arrange(layout);
  }
  setLoupe(on: boolean): void {
    this.#handle?.setLoupe(on);
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
  setResolvedPins(ids: ReadonlySet<string>): void {
    this.#resolvedPins = ids;
    this.#handle?.setResolvedPins(ids);
  }
  setPinTooth(id: string, tooth: string): void {
    this.#handle?.setPinTooth(id, tooth);
  }
  removePin(id: string): void {
    this.#handle?.removeShape(id);
  }
  focusShape(id: string): void {
    this.#handle?.setTool('select');
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
    this.line.awareness.setLocalStateField('presenting', on ? Date.now() : null);
    if (on) this.follow(null);
  }

  /** Follow a person's view by their presence id; null: nobody. Ends by itself when the view is moved by hand. */
  follow(presenceId: string | null): void {
    this.#handle?.follow(presenceId);
  }

  /** A picture of the board; null while it is not shown, or nothing of it is there. */
  async picture(
    scope: PictureScope,
    options: { format: 'png' | 'svg'; most: number }
  ): Promise<BoardPicture | null> {
    return (await this.#handle?.picture(scope, options)) ?? null;
  }

  /** Name the board as it is now, to come back to it; see replay.ts. */
  nameMoment(name: string): void {
    const { id, name: byName } = this.user;
    nameMoment(this.line.doc, newId(), { name, by: id, byName, at: new Date().toISOString() });
  }

  /** Put what `of` holds beside what is here; false where the board is not shown or there is nothing. */
  pasteCopy(of: Y.Doc): boolean {
    return this.#handle?.pasteCopy(of) ?? false;
  }

  /** Values that `text` quotes and that measurements no longer have, because an image was calibrated anew. */
  staleQuotes(text: string): FormerValue[] {
    const { measures } = this.island;
    return quotedIn(
      text,
      measures.flatMap(({ former }) => former)
    );
  }

  figures(): Figure[] {
    return this.#handle?.figures() ?? [];
  }

  /** The role changed, e.g. the consult was closed. */
  setMode(mode: BoardMode): void {
    this.allowed = mode;
    this.#handle?.setMode(this.mode);
  }

  setDark(dark: boolean): void {
    this.#handle?.setDark(dark);
  }

  /** Called by Board.svelte with what it mounted, and with null when it takes it away. */
  attach(handle: IslandHandle | null): void {
    this.#handle = handle;
    this.#followed = null;
    handle?.setResolvedPins(this.#resolvedPins);
    if (handle) this.#followPresenter();
    else this.island = emptyState;
  }

  showNotice(notice: IslandNotice): void {
    if (notice === 'board_from_newer_version') {
      this.readOnlyReason = 'newer';
      return;
    }
    this.notice = notice;
    clearTimeout(this.#noticeTimer);
    this.#noticeTimer = setTimeout(() => (this.notice = null), 4_000);
  }

  destroy(): void {
    clearTimeout(this.#noticeTimer);
    this.#handle?.destroy();
    this.#handle = null;
    this.line.close();
  }

  #open(): BoardLine {
    const { url, params, documentId, user, WebSocketPolyfill } = this.#options;
    return openLine(
      {
        url,
        ...(params ? { params } : {}),
        documentId,
        self: { ...user, presenceId: this.presenceId },
        WebSocketPolyfill
      },
      {
        onStatus: (status) => {
          if (status === 'disconnected') {
            this.connection = 'offline';
            // The next connection may be to another server, which says it anew.
            this.isRelayLost = false;
          }
        },
        onLoaded: () => {
          this.isLoaded = true;
          this.connection = 'online';
          this.moments = momentsOf(this.line.doc);
        },
        onClosed: (reason) => {
          if (reason === 'copy') this.#restart();
          else this.#end(reason);
        },
        onMeta: (doc) => (this.moments = momentsOf(doc)),
        onSaved: (state) => (this.saved = state),
        onNotice: (notice) => this.#onNotice(notice),
        onPeople: (states) => {
          this.people = peopleOf(states);
          this.#followPresenter();
        }
      }
    );
  }

  #onNotice(notice: BoardNotice): void {
    switch (notice.kind) {
      case 'read-only':
        this.readOnlyReason = notice.reason;
        this.#handle?.setMode(this.mode);
        return;
      case 'writable':
        if (this.readOnlyReason !== 'newer') this.readOnlyReason = null;
        this.#handle?.setMode(this.mode);
        return;
      case 'refused':
        this.wasRefused = true;
        return;
      case 'save-delayed':
        this.isSaveDelayed = true;
        return;
      case 'save-resumed':
        this.isSaveDelayed = false;
        return;
      case 'relay-lost':
        this.isRelayLost = true;
        return;
      case 'relay-back':
        this.isRelayLost = false;
        return;
      case 'presence-too-large':
        return;
    }
  }

  #end(reason: Exclude<ClosedReason, 'copy'>): void {
    this.ended = reason;
    this.connection = 'offline';
    this.people = [];
  }

  /** What the server refused cannot be taken out of a Yjs document: begin anew from the server's copy. */
  #restart(): void {
    if (++this.#restarts > maxRestarts) this.allowed = this.allowed === 'write' ? 'read' : this.allowed;
    const old = this.line;
    // Not within the old socket's own message.
    queueMicrotask(() => {
      this.isLoaded = false;
      this.connection = 'connecting';
      this.line = this.#open();
      if (this.isPresenting) this.followMe(true);
      old.close();
    });
  }

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
