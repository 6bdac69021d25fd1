import type * as Y from 'yjs';
import { rescued } from './drafts.ts';
import { type RawRecord, readBoard, readRecord, recordsOf } from './format.ts';
import {
  type BoardLock,
  type PatientView,
  isHost,
  lockOf,
  mayUnlock,
  patientViewOf,
  writeLock,
  writePatientView
} from './hosts.ts';
import type { BoardUser, IslandHandle } from './island/types.ts';
import type { XrayProps } from './shapes.ts';
import { imageTitle } from './words.ts';
import { type BoardPerson, type LookCall, LookCalls, presenterOf } from './people.ts';

export interface MeetingOptions {
  user: BoardUser;
  presenceId: string;
  /** Is the dentist who asked for this consult. */
  asks: boolean;
  isPatient: boolean;
  doc(): Y.Doc;
  setPresence(field: string, value: unknown): void;
  handle(): IslandHandle | null;
  /** Presence id of whose view is followed. */
  followed(): string | null;
  people(): readonly BoardPerson[];
}

/** What people in one meeting decide on a board: who draws, who sees what, and where all look. */
export class BoardMeeting {
  isPresenting = $state(false);
  lock = $state.raw<BoardLock | null>(null);
  /** What a visiting patient is shown. */
  patientView = $state.raw<PatientView | null>(null);
  /** What that image is, in words. */
  patientImage = $state('');
  /** Of a patient's own page: there is something to see. */
  isShown = $state(false);
  /** What this person draws from now on is theirs alone until they show it. */
  isDrafting = $state(false);
  /** Something drawn could not be written because the board was locked, and was kept as a draft. */
  wasKept = $state(false);
  /** Who asked everyone to look, and whether this view went there. */
  called = $state.raw<{ name: string; look: LookCall; followed: boolean } | null>(null);
  /** A host's act by who is none. */
  wasNoHost = $state(false);
  /** Drafts while the board is not shown. In memory only: other people use this PC too. */
  kept: readonly RawRecord[] = [];

  readonly #options: MeetingOptions;
  readonly #looks: LookCalls;
  #wasLockedOut = false;
  #followed: string | null = null;
  /** What was sent last met a lock. */
  #isLate = false;
  /** What the copy that was given up held. */
  #drawn: readonly RawRecord[] = [];

  constructor(options: MeetingOptions) {
    this.#options = options;
    this.#looks = new LookCalls(options.presenceId);
  }

  /** Somebody else has locked the board. */
  get isLockedOut(): boolean {
    return this.lock !== null && this.lock.by !== this.#options.user.id;
  }

  /** May lock the board and choose what the patient sees. */
  get isHost(): boolean {
    return isHost({ asks: this.#options.asks, presents: () => this.isPresenting });
  }

  get mayUnlock(): boolean {
    const { user, asks, people } = this.#options;
    const isHere = (userId: string): boolean => people().some(({ id }) => id === userId);
    const hosting = { asks, presents: () => this.isPresenting, isHere };
    return this.lock !== null && mayUnlock(this.lock, user.id, hosting);
  }

  /** Who asks everyone to follow, if anyone but this tab. */
  get presenter(): BoardPerson | null {
    return presenterOf(this.#options.people(), this.#options.presenceId);
  }

  /** Whose view this tab follows. */
  get following(): BoardPerson | null {
    const { people, followed } = this.#options;
    return people().find(({ presenceId }) => presenceId === followed()) ?? null;
  }

  /** Ask everyone to follow this tab's view, or stop asking. */
  followMe(on: boolean): void {
    this.isPresenting = on;
    this.#options.setPresence('presenting', on ? Date.now() : null);
    if (on) this.follow(null);
  }

  presentAgain(): void {
    if (this.isPresenting) this.followMe(true);
  }

  /** Follow a person's view by their presence id; null: nobody. Ends by itself when the view is moved by hand. */
  follow(presenceId: string | null): void {
    this.#options.handle()?.follow(presenceId);
  }

  /** The board is shown, or taken away. */
  attached(): void {
    this.#followed = null;
    this.#followPresenter();
  }

  /** Once for each time somebody begins to present: who has turned away is not pulled back. */
  #followPresenter(): void {
    const { handle, followed, isPatient } = this.#options;
    const [shown, presenter] = [handle(), this.presenter];
    const key = presenter ? `${presenter.presenceId}@${presenter.presentingSince}` : null;
    // A patient is shown one image and looks at that.
    if (key === this.#followed || !shown || isPatient) return;
    this.#followed = key;
    if (presenter && !this.isPresenting) shown.follow(presenter.presenceId);
    if (!presenter && followed()) shown.follow(null);
  }

  /** What the document says. @returns true where who may draw has changed by it */
  read(doc: Y.Doc): boolean {
    this.lock = lockOf(doc);
    this.patientView = patientViewOf(doc);
    const image = this.patientView && readRecord(recordsOf(doc).get(this.patientView.shape));
    this.patientImage = image ? imageTitle(image.props as unknown as XrayProps) : '';
    const changed = this.isLockedOut !== this.#wasLockedOut;
    this.#wasLockedOut = this.isLockedOut;
    return changed;
  }

  setLocked(locked: boolean): void {
    if (locked ? this.isHost : this.mayUnlock)
      writeLock(this.#options.doc(), locked ? this.#decided() : null);
    else this.wasNoHost = true;
  }

  /** Let a visiting patient see this image, by its record's id; null: nothing. */
  showPatient(shape: string | null): void {
    if (this.isHost)
      writePatientView(this.#options.doc(), shape === null ? null : { ...this.#decided(), shape });
    else this.wasNoHost = true;
  }

  #decided(): BoardLock {
    const { id, name } = this.#options.user;
    return { by: id, byName: name, at: new Date().toISOString() };
  }

  /** Ask everyone to look where this view is, once. */
  callToLook(): void {
    const { handle, isPatient } = this.#options;
    const box = handle()?.view();
    if (box && !isPatient) this.#options.setPresence('look', { at: Date.now(), ...box });
  }

  /** Who is here has changed, or what they ask for. */
  heed(): void {
    this.#followPresenter();
    const call = this.#looks.heed(this.#options.people());
    const handle = this.#options.handle();
    if (!call || !handle) return;
    // A hand that draws is not pulled away: it is told, and goes there when it likes.
    const followed = handle.lookAt(call.look, { force: false });
    if (followed || !this.#options.isPatient) this.called = { ...call, followed };
  }

  goLook(): void {
    if (!this.called) return;
    this.#options.handle()?.lookAt(this.called.look, { force: true });
    this.called = null;
  }

  /** Back to where one was before one was called. */
  lookBack(): void {
    this.#options.handle()?.lookBack();
    this.called = null;
  }

  setDrafting(on: boolean): void {
    this.isDrafting = on;
    this.#options.handle()?.setDrafting(on);
  }

  showDrafts(): void {
    this.#options.handle()?.showDrafts();
    this.setDrafting(false);
  }

  discardDrafts(): void {
    this.#options.handle()?.discardDrafts();
  }

  /** The server refused something. @returns true where it was the lock: what was drawn is not lost by it */
  refused(code: string): boolean {
    this.#isLate ||= code === 'locked';
    return code === 'locked';
  }

  /** A copy is given up. @returns true where that was for the lock */
  keepDrawn(doc: Y.Doc): boolean {
    const isLate = this.#isLate;
    this.#isLate = false;
    if (isLate) this.#drawn = readBoard(doc);
    return isLate;
  }

  /** The server's copy is here. */
  loaded(doc: Y.Doc): void {
    const drafts = rescued(this.#drawn, doc, this.#options.user.id);
    this.#drawn = [];
    this.kept = [...this.kept, ...drafts];
    this.wasKept ||= drafts.length > 0;
  }
}
