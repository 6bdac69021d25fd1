import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { Frame } from '#lib/features/imaging/frame.ts';
import type { WindowPreset } from '#lib/features/imaging/window.ts';
import type { Figure } from '../figures.ts';
import type { FormerValue } from '../quotes.ts';
import type { Layout } from '../layout.ts';
import type { BoardImage } from '../initial.ts';
import type { RawRecord } from '../format.ts';
import type { LookCall } from '../people.ts';
import { type Authorship, type MeasureKind, type ShapeScale, measureKinds } from '../shapes.ts';

/** What the Svelte side and the React island say to each other. Knows neither of them. */

export const boardTools = [
  'select',
  'hand',
  'draw',
  'highlight',
  'arrow',
  'text',
  'laser',
  'pin',
  'window',
  ...measureKinds,
  'calibrate',
  'eraser'
] as const;
export type BoardTool = (typeof boardTools)[number];

/** Few, and each readable on black, grey and white alike. */
export const boardColors = ['yellow', 'light-red', 'light-green', 'light-blue', 'white'] as const;
export type BoardColor = (typeof boardColors)[number];

/** `write`: everything. `read`: look, zoom, open pins. `patient`: look, zoom, point; pins are not shown. */
export type BoardMode = 'write' | 'read' | 'patient';

export interface BoardUser {
  id: string;
  name: string;
  /** CSS colour `#rrggbb`. */
  color: string;
  /** Shown to others beside the name. */
  role: string;
}

/** What the board needs from the page around it. */
export interface BoardHost {
  /** @param number which frame of several, from 1 */
  loadFrame(imageId: string, number: number, signal?: AbortSignal): Promise<Frame>;
  /**
   * Show the patient's live chart inside `element`, laid out for its size; the returned function takes it
   * away. Called again for every place it is shown at (also off screen, for the final picture).
   */
  renderChart?: (element: HTMLElement) => () => void;
}

export interface PinView {
  id: string;
  number: number;
  tooth: string;
  author: Authorship | null;
  imageId: string | null;
  /** Of an image with several frames: the one it was set on, from 1. */
  frame: number | null;
}

export interface MeasureView {
  id: string;
  kind: MeasureKind;
  /** Value with unit and where the scale comes from, as shown. */
  text: string;
  /** Length in image pixels; null for all but a length. */
  pixels: number | null;
  imageId: string | null;
  author: Authorship | null;
  /** What it was at earlier calibrations of its image. */
  former: FormerValue[];
}

export interface XrayView {
  id: string;
  imageId: string;
  scale: ShapeScale;
  /** 1, 2, 3 …: which calibration that is. */
  version: number;
  /** As this person sees it. */
  invert: boolean;
  sharpen: boolean;
  flip: boolean;
  /** Which frame is wanted, from 1, and how many there are. */
  frame: number;
  frames: number;
}

/** A place on the board's element, CSS pixels from its top left. */
export interface ScreenPoint {
  x: number;
  y: number;
}

export interface IslandState {
  tool: BoardTool;
  color: BoardColor;
  canUndo: boolean;
  canRedo: boolean;
  /** 1: an image pixel is a CSS pixel. */
  zoom: number;
  pins: PinView[];
  measures: MeasureView[];
  /** The X-ray that window acts go to: the selected one, else the one in the middle of the view. */
  xray: XrayView | null;
  /** This person sees windows of their own instead of the board's. */
  ownLooks: boolean;
  loupe: boolean;
  selectionCount: number;
  /** Who made the one mark that is selected; `outdated`: its image has been calibrated anew since. */
  made: (Authorship & { outdated: boolean }) | null;
  openPin: { id: string; at: ScreenPoint } | null;
  /** Presence id of who is followed. */
  following: string | null;
  /** Null: no pen is in use. */
  pen: PenUse | null;
  /** Marks that only this person sees. */
  draftCount: number;
  /** The tooth whose marks stand out, and how many those are. */
  tooth: { number: string; count: number } | null;
}

/** While a pen is in use: whether fingers only move the view, or draw too. */
export type PenUse = 'pen-only' | 'pen-and-touch';

export type IslandNotice = 'mark_on_image' | 'board_from_newer_version';

export interface IslandOptions {
  doc: Y.Doc;
  awareness: Awareness;
  user: BoardUser;
  /** Unique to this tab; what others follow. */
  presenceId: string;
  mode: BoardMode;
  /** tldraw's name of the language. */
  locale: 'zh-cn' | 'en';
  dark: boolean;
  licenseKey: string | undefined;
  host: BoardHost;
  /** Drafts from before the board was mounted anew, and whether drafting goes on. */
  drafts?: readonly RawRecord[];
  drafting?: boolean;
  onState(state: IslandState): void;
  onNotice(notice: IslandNotice): void;
  /** A length was drawn to calibrate by. */
  onCalibrate(measureId: string): void;
  onSetAside(count: number): void;
  /** The view was moved. */
  onCamera?(camera: BoardCamera): void;
  /** The board broke down; what is drawn is safe in the document. */
  onCrash(error: unknown): void;
}

/** Where the view is: page units of its top left (negative), and CSS pixels a page unit. */
export interface BoardCamera {
  x: number;
  y: number;
  z: number;
}

/** The whole board, the image in view, or one image, each with all that lies on it. */
export type PictureScope = 'board' | 'image' | { imageId: string };

export interface BoardPicture {
  /** Of an image; null: of the board. */
  title: string | null;
  imageIds: string[];
  blob: Blob;
}

/** What can be done with a mounted board. */
export interface IslandHandle {
  setTool(tool: BoardTool): void;
  setColor(color: BoardColor): void;
  undo(): void;
  redo(): void;
  zoomToFit(): void;
  zoomIn(): void;
  zoomOut(): void;
  deleteSelection(): void;
  /** Whether fingers draw too while a pen is in use. */
  setPenOnly(on: boolean): void;
  setDark(dark: boolean): void;
  setMode(mode: BoardMode): void;
  follow(presenceId: string | null): void;
  applyPreset(preset: WindowPreset): void;
  toggleInvert(): void;
  toggleSharpen(): void;
  rotateImage(): void;
  flipImage(): void;
  setOwnLooks(on: boolean): void;
  /** The image in view shows the frame so many further on. */
  stepFrame(by: number): void;
  setLoupe(on: boolean): void;
  /** Put an image on the board beside the others; shows the one that is there where it already is. */
  insertImage(image: BoardImage): void;
  arrange(layout: Layout): void;
  removeImage(xrayId: string): void;
  /** Millimetres a pixel from the length mark; false where it is too short or no length. */
  calibrate(measureId: string, knownMm: number, on: string): boolean;
  /** Pins whose talk is done are drawn so. */
  setResolvedPins(ids: ReadonlySet<string>): void;
  setPinTooth(id: string, tooth: string): void;
  removeShape(id: string): void;
  focusShape(id: string): void;
  /** False where it is not on the board. */
  focusImage(imageId: string): boolean;
  closePin(): void;
  /** Null where there is nothing of it on the board. */
  picture(
    scope: PictureScope,
    options: { format: 'png' | 'svg'; most: number }
  ): Promise<BoardPicture | null>;
  figures(): Figure[];
  setCamera(camera: BoardCamera): void;
  /** What is seen of the board, page units. */
  view(): { x: number; y: number; w: number; h: number };
  /** Go where somebody asks to look; not while the hand is on the board, nor to where there is nothing. */
  lookAt(call: LookCall, options: { force: boolean }): boolean;
  /** Back to where the view was before `lookAt`. */
  lookBack(): void;
  /** What is drawn from now on stays here until it is shown. */
  setDrafting(on: boolean): void;
  showDrafts(): void;
  discardDrafts(): void;
  drafts(): RawRecord[];
  /** Let the marks tied to a tooth (FDI) stand out, and tie to it what is drawn; null: all alike. */
  setTooth(tooth: string | null): void;
  /** A pin at a tooth of the chart, selected; false where the chart is not on the board. */
  pinTooth(tooth: string): boolean;
  /** Put what another document holds beside what is on the board, as this person's work; false where it is nothing. */
  pasteCopy(of: Y.Doc): boolean;
  destroy(): void;
}
