import { SvelteMap } from 'svelte/reactivity';
import { browser } from '$app/environment';
import { BoardController } from '#lib/features/board/index.ts';
import { placeParameter } from '#lib/kernel/place.ts';
import { CallController } from './call/index.ts';
import { CallSigns } from './call/signs.svelte.ts';
import { CallView } from './call/view.svelte.ts';
import type { ChatLink } from '../chat.ts';
import { consultActs, type ConsultActs } from './acts.svelte.ts';
import { Captions } from './captions/captions.svelte.ts';
import { keptCall } from './kept-call.svelte.ts';
import { Recorder } from './recording/recorder.svelte.ts';
import { RingSetting } from './ring.svelte.ts';

/** One colour a person, from their id: the same in every browser, readable on light and dark. */
const colors = ['#0f766e', '#b45309', '#6d28d9', '#be123c', '#1d4ed8', '#4d7c0f', '#a21caf', '#0e7490'];
export function colorOf(userId: string): string {
  let sum = 0;
  for (const char of userId) sum = (sum * 31 + char.charCodeAt(0)) >>> 0;
  return colors[sum % colors.length]!;
}

/** Which panel stands beside the board; on a phone, which part of the room is shown. */
export type RoomPanel = 'record' | 'proposals' | 'opinion' | 'pins' | 'chat';

/** A room as one person has it open: its board, its call, what can be done in it. */
export class RoomController {
  readonly acts: ConsultActs;
  readonly #consultId: string;
  readonly call: CallController;
  readonly signs: CallSigns;
  readonly view: CallView;
  /** Whether this browser rings for who waits outside. */
  readonly ring: RingSetting;
  /** Null while the page is drawn on the server: sockets are the browser's. */
  readonly board: BoardController | null;
  readonly recorder: Recorder;
  readonly captions: Captions;
  /** What was typed at a pin and not sent, by pin. In memory only: other people use this PC too. */
  readonly pinDrafts = new SvelteMap<string, string>();
  panel = $state<RoomPanel>('record');
  panelOpen = $state(true);
  /** Into the room without waiting for the call: the board and the record need no camera. */
  inside = $state(false);

  constructor(options: {
    consultId: string;
    /** The consult's. */
    number: string;
    boardId: string;
    me: { userId: string; memberId: string; name: string; role: string };
    /** This person asked for the consult. */
    asks: boolean;
    /** The consult is open for work; a closed one is read only and has no call. */
    open: boolean;
  }) {
    const { consultId, number, boardId, me, asks, open } = options;
    this.acts = consultActs(consultId);
    this.#consultId = consultId;
    this.call = keptCall.take(consultId) ?? this.#newCall();
    this.signs = new CallSigns(this.call, this.acts.showSign);
    this.view = new CallView(this.call, me.userId);
    if (browser) this.view.read();
    this.ring = new RingSetting(me.userId);
    if (browser) this.ring.read();
    this.board = browser
      ? new BoardController({
          documentId: boardId,
          url: `${location.origin.replace(/^http/, 'ws')}/collab`,
          params: { [placeParameter]: me.memberId },
          user: { id: me.userId, name: me.name, color: colorOf(me.userId), role: me.role },
          asks,
          mode: open ? 'write' : 'read'
        })
      : null;
    this.captions = new Captions({ call: this.call, send: this.acts.said });
    this.recorder = new Recorder({
      ...{ consultId, title: number, call: this.call },
      board: () => this.board,
      caption: () => this.captions.shown
    });
    this.inside = !open || this.call.phase.kind === 'live';
  }

  /** In a root of its own: what it derives must outlive the page. */
  #newCall(): CallController {
    const { ticket, takeSeat, getEncryption, keepStatistic } = this.acts;
    const make = () => new CallController({ getTicket: ticket, takeSeat, getEncryption, keepStatistic });
    if (!browser) return make();
    let call: CallController | null = null;
    $effect.root(() => {
      call = make();
    });
    return call ?? make();
  }

  /** The consult was closed (or opened) meanwhile. */
  follow(open: boolean): void {
    if (!this.board) return;
    const mode = open ? 'write' : 'read';
    if (this.board.mode !== mode) this.board.setMode(mode);
    if (!open && this.call.phase.kind === 'live') void this.call.leave();
  }

  /** The chat, and nothing else: what it shows is not closed by asking for it again. */
  openChat(): void {
    this.panelOpen = true;
    this.panel = 'chat';
  }

  show(panel: RoomPanel): void {
    this.panelOpen = !(this.panelOpen && this.panel === panel);
    this.panel = panel;
  }

  /** From a message to what it means: an image on the board, a tooth's marks there, plans in the record. */
  showLink(link: ChatLink): void {
    if (link.kind === 'plan') {
      this.panel = 'record';
      return;
    }
    if (!matchMedia('(min-width: 48rem)').matches) this.panelOpen = false;
    if (link.kind === 'tooth') this.board?.setTooth(link.tooth);
    else if (!this.board?.focusImage(link.imageId)) {
      this.panel = 'record';
      this.panelOpen = true;
    }
  }

  /** From the list of what is said to its pin; on a phone the list makes way for the board. */
  jumpToPin(shapeId: string): void {
    if (!matchMedia('(min-width: 48rem)').matches) this.panelOpen = false;
    this.board?.focusShape(shapeId);
  }

  /** The page goes: a call that goes on belongs to the tab from here on. */
  destroy(): void {
    // What was recorded goes on to the server, from whatever page comes next.
    void this.recorder.stop('left');
    if (this.call.phase.kind === 'live' || this.call.phase.kind === 'reconnecting')
      keptCall.keep({ consultId: this.#consultId, call: this.call });
    else this.call.destroy();
    this.board?.destroy();
  }
}
