import type { BoardController } from '#lib/features/board/index.ts';
import { m } from '#lib/paraglide/messages.js';
import { getLocale } from '#lib/paraglide/runtime.js';
import type { ParticipantView, VideoSource } from '../call/call.ts';
import { tilesOf, type Shown as Tile } from '../call/layout.ts';
import { captionHeight, fitted, headHeight, height, sceneOf, width, type Box } from './scene.ts';

/** [RC-12] Pictures a second. */
export const frameRate = 12;
/** Drawing the board takes the page's thread: at most so often, and never more than a tenth of the time. */
const boardEveryMs = 3_000;
const boardShare = 10;
const boardPx = 1_280;
const fonts = "'PingFang SC', 'Noto Sans SC', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";
const colors = {
  ground: '#0b1413',
  plate: '#0009',
  tile: '#1c2b29',
  ink: '#f2f6f5',
  faint: '#9fb3b0',
  red: '#e5484d'
};

interface Shown {
  source: VideoSource;
  element: HTMLVideoElement;
  stop: () => void;
}

interface Options {
  people: () => readonly ParticipantView[];
  board: () => BoardController | null;
  /** Of the consult, in the head of the picture. */
  title: string;
  /** [CN-26] The last line of the captions. */
  caption: () => { name: string; text: string } | null;
}

/** The picture of a recording, drawn picture by picture into a canvas of its own. Browser only. */
export class RoomPicture {
  readonly canvas = document.createElement('canvas');
  readonly #options: Options;
  readonly #context: CanvasRenderingContext2D;
  /** Where the videos play that are drawn: in the page, or the media server would send none. */
  readonly #stage = document.createElement('div');
  readonly #videos = new Map<string, Shown>();
  readonly #time = new Intl.DateTimeFormat(getLocale(), { dateStyle: 'medium', timeStyle: 'medium' });
  #board: ImageBitmap | null = null;
  #boardChanged = true;
  #boardDrawing = false;
  #boardNextAt = 0;
  #unfollow: (() => void) | null = null;
  #followed: object | null = null;
  #over = false;
  /** What the picture shows that need not be drawn again. */
  #standing: { main: HTMLVideoElement | ImageBitmap | null; people: number } | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.canvas.width = width;
    this.canvas.height = height;
    // With an alpha channel the recorder would encode each picture twice; it reads every picture back.
    this.#context = this.canvas.getContext('2d', { alpha: false, willReadFrequently: true })!;
    this.#stage.style.cssText =
      'position:fixed;left:0;bottom:0;width:2px;height:2px;overflow:hidden;opacity:0;pointer-events:none;z-index:-1';
    this.#stage.setAttribute('aria-hidden', 'true');
    document.body.append(this.#stage);
  }

  /** Follow who came and went, and the board. Once a second is enough. */
  look(): void {
    const wanted = new Map<string, VideoSource>();
    for (const person of this.#options.people()) {
      if (person.camera) wanted.set(`camera ${person.identity}`, person.camera);
      if (person.screen) wanted.set(`screen ${person.identity}`, person.screen);
      if (person.intraoral) wanted.set(`intraoral ${person.identity}`, person.intraoral);
    }
    for (const [key, { source, stop }] of this.#videos)
      if (source !== wanted.get(key)) {
        stop();
        this.#videos.delete(key);
      }
    for (const [key, source] of wanted) if (!this.#videos.has(key)) this.#videos.set(key, this.#show(source));
    void this.#lookAtBoard();
  }

  /** Resolves once the board is in the picture, or after `withinMs`. */
  async furnished(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (!this.#board && performance.now() < until && this.#options.board()) {
      await this.#lookAtBoard();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  draw(): void {
    const people = this.#options.people();
    const sharer = people.find(({ identity }) => this.#video(`screen ${identity}`));
    const main = sharer ? this.#video(`screen ${sharer.identity}`) : this.#board;
    const tiles = tilesOf(people);
    const scene = sceneOf({ people: tiles.length, hasMain: main !== null });
    // Most of the picture stands still: scaling the board anew twelve times a second would cost more than all else.
    const standing = this.#standing;
    const isNew = standing?.main !== main || standing.people !== tiles.length;
    if (isNew) {
      this.#standing = { main, people: tiles.length };
      this.#context.fillStyle = colors.ground;
      this.#context.fillRect(0, 0, width, height);
    }
    if (main && scene.main && (isNew || sharer)) {
      this.#context.fillStyle = sharer ? '#000' : '#fff';
      this.#context.fillRect(scene.main.x, scene.main.y, scene.main.width, scene.main.height);
      this.#paint(main, scene.main, 'contain');
    }
    tiles.forEach((tile, i) => this.#tile(tile, scene.people[i]!));
    this.#head();
    this.#caption();
  }

  destroy(): void {
    this.#over = true;
    this.#unfollow?.();
    for (const { stop } of this.#videos.values()) stop();
    this.#videos.clear();
    this.#stage.remove();
    this.#board?.close();
    this.#board = null;
  }

  #show(source: VideoSource): Shown {
    const element = document.createElement('video');
    element.muted = true;
    element.playsInline = true;
    element.autoplay = true;
    // As large as it is drawn: the media server sends what fits.
    element.style.cssText = 'display:block;width:480px;height:270px';
    this.#stage.append(element);
    const detach = source.attach(element);
    return {
      source,
      element,
      stop: () => {
        detach();
        element.remove();
      }
    };
  }

  /** Null until it has a picture. */
  #video(key: string): HTMLVideoElement | null {
    const element = this.#videos.get(key)?.element;
    return element && element.readyState >= element.HAVE_CURRENT_DATA && element.videoWidth > 0
      ? element
      : null;
  }

  #paint(picture: HTMLVideoElement | ImageBitmap, box: Box, fit: 'cover' | 'contain'): void {
    const size =
      picture instanceof HTMLVideoElement
        ? { width: picture.videoWidth, height: picture.videoHeight }
        : { width: picture.width, height: picture.height };
    const { source, target } = fitted(size, box, fit);
    this.#context.drawImage(
      picture,
      ...([source.x, source.y, source.width, source.height] as const),
      ...([target.x, target.y, target.width, target.height] as const)
    );
  }

  #tile({ person, picture }: Tile, box: Box): void {
    const isFace = picture === 'camera';
    const title = isFace ? person.name : m.room_tile_intraoral({ name: person.name });
    const context = this.#context;
    context.fillStyle = colors.tile;
    context.fillRect(box.x, box.y, box.width, box.height);
    const video = this.#video(`${picture} ${person.identity}`);
    // Nothing moves while another window is in front: an old picture would be taken for a new one.
    const still = document.hidden && !person.isSelf;
    if (video && !still) this.#paint(video, box, isFace ? 'cover' : 'contain');
    context.textBaseline = 'middle';
    const size = box.width > 200 ? 18 : 13;
    context.font = `600 ${size}px ${fonts}`;
    context.fillStyle = colors.plate;
    const plate = Math.min(box.width, context.measureText(title).width + 16);
    context.fillRect(box.x, box.y + box.height - size - 10, plate, size + 10);
    context.fillStyle = colors.ink;
    context.fillText(title, box.x + 8, box.y + box.height - size / 2 - 5, box.width - 16);
    if (still && video) {
      context.font = `${size}px ${fonts}`;
      context.fillStyle = colors.faint;
      context.fillText(m.recording_hidden(), box.x + 8, box.y + box.height / 2, box.width - 16);
    }
    if (isFace && person.speaking) {
      context.strokeStyle = '#30a46c';
      context.lineWidth = 3;
      context.strokeRect(box.x + 1.5, box.y + 1.5, box.width - 3, box.height - 3);
    }
  }

  #head(): void {
    const context = this.#context;
    context.fillStyle = colors.ground;
    context.fillRect(0, 0, width, headHeight);
    context.textBaseline = 'middle';
    context.fillStyle = colors.red;
    context.beginPath();
    context.arc(20, headHeight / 2, 6, 0, Math.PI * 2);
    context.fill();
    context.font = `16px ${fonts}`;
    context.fillStyle = colors.ink;
    context.fillText(`${this.#options.title} · ${this.#time.format(new Date())}`, 36, headHeight / 2);
  }

  #caption(): void {
    const context = this.#context;
    const line = this.#options.caption();
    context.fillStyle = colors.ground;
    context.fillRect(0, height - captionHeight, width, captionHeight);
    if (!line) return;
    context.font = `24px ${fonts}`;
    context.fillStyle = colors.ink;
    context.textBaseline = 'middle';
    context.fillText(`${line.name}  ${line.text}`, 16, height - captionHeight / 2, width - 32);
  }

  async #lookAtBoard(): Promise<void> {
    const board = this.#options.board();
    const doc = board?.line.doc ?? null;
    if (doc !== this.#followed) {
      this.#unfollow?.();
      this.#followed = doc;
      this.#boardChanged = true;
      const changed = () => (this.#boardChanged = true);
      doc?.on('update', changed);
      this.#unfollow = () => doc?.off('update', changed);
    }
    if (!board || !this.#boardChanged || this.#boardDrawing || performance.now() < this.#boardNextAt) return;
    this.#boardDrawing = true;
    this.#boardChanged = false;
    const began = performance.now();
    try {
      const picture = await board.picture('board', { format: 'png', most: boardPx });
      const bitmap = picture && (await createImageBitmap(picture.blob));
      if (this.#over) bitmap?.close();
      else if (bitmap) {
        this.#board?.close();
        this.#board = bitmap;
      }
      // Not shown yet: asked again.
      if (!picture) this.#boardChanged = true;
    } catch {
      // An image that is being loaded: asked again; meanwhile the picture before it stands.
      this.#boardChanged = true;
    } finally {
      this.#boardDrawing = false;
      const took = performance.now() - began;
      this.#boardNextAt = performance.now() + Math.max(boardEveryMs, took * boardShare);
    }
  }
}
