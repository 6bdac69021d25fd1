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
import { BoardMeeting } from './meeting.svelte.ts';
import { hasImage } from './patient-view.ts';
import { type BoardPerson, peopleOf } from './people.ts';
import type { BoardNotice, SavedState } from './saved.ts';

export interface BoardControllerOptions {
  documentId: string;
  /** Base of the collab socket, e.g. `wss://host/collab`; the document's id is put behind it. */
  url: string;
  /** Sent with each connection, behind its address. */
  params?: Record<string, string>;
  user: BoardUser;
  /** Is the dentist who asked for this consult. */
  asks?: boolean;
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
  pen: null,
  draftCount: 0,
  tooth: null
};

/** Somebody whose every change is refused gets a readable board instead of an endless restart. */
const maxRestarts = 3;

/** Tries in vain before it is said; with the pauses between them some six seconds. */
const unreachableAfter = 6;

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
  /** [BD-21] Tried again and again before it was ever received: what is in the way may not go by itself. */
  isUnreachable = $state(false);
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
  /** Named moments of the board, the oldest first. */
  moments = $state.raw<Moment[]>([]);
  /** A length that waits for its millimetres. */
  calibrating = $state<string | null>(null);
  notice = $state<IslandNotice | null>(null);
  setAsideCount = $state(0);
  readonly meeting: BoardMeeting;

  /** What can be done now. */
  readonly mode = $derived.by<BoardMode>(() => {
    const isHeldBack = this.readOnlyReason !== null || this.meeting.isLockedOut;
    return this.allowed === 'write' && isHeldBack ? 'read' : this.allowed;
  });

  readonly #options: BoardControllerOptions;
  #handle: IslandHandle | null = null;
  #resolvedPins: ReadonlySet<string> = new Set();
  #restarts = 0;
  #failures = 0;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: BoardControllerOptions) {
    this.#options = options;
    this.documentId = options.documentId;
    this.user = options.user;
    this.allowed = options.mode;
    this.presenceId = newId();
    this.meeting = new BoardMeeting({
      user: this.user,
      presenceId: this.presenceId,
      asks: options.asks ?? false,
      isPatient: options.mode === 'patient',
      doc: () => this.line.doc,
      setPresence: (field, value) => this.line.awareness.setLocalStateField(field, value),
      handle: () => this.#handle,
      followed: () => this.island.following,
      people: () => this.people
    });
    this.line = this.#open();
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
  setPenOnly(on: boolean): void {
    this.#handle?.setPenOnly(on);
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
  stepFrame(by: number): void {
    this.#handle?.stepFrame(by);
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
  /** False where it is not on the board, or the board is not shown. */
  focusImage = (imageId: string): boolean => this.#handle?.focusImage(imageId) ?? false;
  setTooth(tooth: string | null): void {
    this.#handle?.setTooth(tooth);
  }
  pinTooth(tooth: string): boolean {
    return this.#handle?.pinTooth(tooth) ?? false;
  }
  closePin(): void {
    this.#handle?.closePin();
  }

  /** False where the line is too short to rest a scale on. */
  calibrate(measureId: string, knownMm: number, on: string): boolean {
    return this.#handle?.calibrate(measureId, knownMm, on) ?? false;
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
    if (!handle && this.#handle) this.meeting.kept = this.#handle.drafts();
    this.#handle = handle;
    handle?.setResolvedPins(this.#resolvedPins);
    this.meeting.attached();
    if (!handle) this.island = emptyState;
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
        isPatient: this.#options.mode === 'patient',
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
          this.meeting.loaded(this.line.doc);
          this.isLoaded = true;
          this.isUnreachable = false;
          this.#failures = 0;
          this.connection = 'online';
          this.#readMeta(this.line.doc);
        },
        onFailed: () => {
          if (!this.isLoaded && ++this.#failures >= unreachableAfter) this.isUnreachable = true;
        },
        onClosed: (reason) => {
          if (reason === 'copy') this.#restart();
          else this.#end(reason);
        },
        onMeta: (doc) => this.#readMeta(doc),
        onSaved: (state) => (this.saved = state),
        onNotice: (notice) => this.#onNotice(notice),
        onPeople: (states) => {
          this.people = peopleOf(states);
          this.meeting.heed();
        },
        onShown: (shown) => (this.meeting.isShown = hasImage(shown))
      }
    );
  }

  #readMeta(doc: Y.Doc): void {
    this.moments = momentsOf(doc);
    if (this.meeting.read(doc)) this.#handle?.setMode(this.mode);
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
        if (!this.meeting.refused(notice.code)) this.wasRefused = true;
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
    if (!this.meeting.keepDrawn(this.line.doc) && ++this.#restarts > maxRestarts)
      this.allowed = this.allowed === 'write' ? 'read' : this.allowed;
    const old = this.line;
    // Not within the old socket's own message.
    queueMicrotask(() => {
      this.isLoaded = false;
      this.connection = 'connecting';
      this.line = this.#open();
      this.meeting.presentAgain();
      old.close();
    });
  }
}

/** A board that connects at once. Call `destroy` when its page goes. */
export function createBoardController(options: BoardControllerOptions): BoardController {
  return new BoardController(options);
}
