import type { CloseReason } from './close-codes.ts';
import type { ShownMember } from './patient-view.ts';
import type { Notice } from './protocol.ts';

/** What one client sent, in its order. */
export type Contribution = { kind: 'update'; update: Uint8Array } | { kind: 'mark'; mark: number };

/** A socket, as a document sees it. */
export interface Member extends ShownMember {
  readonly ended: boolean;
  /** Something of it was refused: its copy differs from the document, so nothing is told to be saved any more. */
  tainted: boolean;
  sendUpdate(frame: Uint8Array): void;
  send(frame: Uint8Array): void;
  notify(notice: Notice): void;
  /** Tells that a change was not taken, because the document is only read. */
  refuseWrite(reason: ReadOnlyReason): void;
  end(reason: CloseReason): void;
  /** Stop, or go on, reading its socket. */
  holdBack(why: 'overload' | 'inspection', on: boolean): void;
}

export type ReadOnlyReason = 'access' | 'closed' | 'full';
